"""Answers to lab 09: split, cut-out, report, heat maps, PCK, and two experiments."""

import re
from types import SimpleNamespace

import numpy as np

from answers import Answers

answers = Answers("lab09")
right, wrong = answers.right, answers.wrong


# The split


@right("split_by_take")
def take_by_take(names, share, seed):
    takes = np.array([name.rsplit("_", 2)[0] for name in names])
    chosen = np.zeros(len(names), bool)
    for take in np.random.default_rng(seed).permutation(np.unique(takes)):
        if chosen.sum() >= share * len(names):
            break
        chosen |= takes == take
    return chosen


@right("split_by_take")
def with_a_dictionary_and_a_regular_expression(names, share, seed):
    members = {}
    for position, name in enumerate(names):
        take = re.sub(r"_[^_]+_[^_]+$", "", name)
        members.setdefault(take, []).append(position)
    order = list(members)
    np.random.default_rng(seed).shuffle(order)
    test = set()
    while len(test) < share * len(names):
        test.update(members[order.pop()])
    return [position in test for position in range(len(names))]


@right("split_by_take")
def by_cumulated_counts(names, share, seed):
    parts = [name.split("_") for name in names]
    takes = ["_".join(p[:-2]) if len(p) > 2 else p[0] for p in parts]
    _, number, count = np.unique(takes, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(count))
    before = np.cumsum(count[order]) - count[order]
    return np.isin(number, order[before < share * len(names)])


def fill(groups, share, seed, total=None, more=0):
    """Choose whole groups until there are enough, and a few more."""
    groups = np.asarray(groups)
    chosen = np.zeros(len(groups), bool)
    for group in np.random.default_rng(seed).permutation(np.unique(groups)):
        if chosen.sum() >= share * len(groups):
            if not more:
                break
            more -= 1
        chosen |= groups == group
    return chosen


@wrong("split_by_take", "on both sides")
def by_frame(names, share, seed):
    order = np.random.default_rng(seed).permutation(len(names))
    chosen = np.zeros(len(names), bool)
    chosen[order[: int(np.ceil(share * len(names)))]] = True
    return chosen


@wrong("split_by_take", "Frames of Jazz_A are on both sides")
def each_frame_by_chance(names, share, seed):
    return np.random.default_rng(seed).random(len(names)) < share


@wrong("split_by_take", "Drop the camera from the name as well")
def by_camera(names, share, seed):
    return fill([name.rsplit("_", 1)[0] for name in names], share, seed)


@wrong("split_by_take", "one style has several takes")
def by_style(names, share, seed):
    return fill([name.split("_")[0] for name in names], share, seed)


@wrong("split_by_take", "True marks the training part")
def true_for_training(names, share, seed):
    return ~take_by_take(names, share, seed)


@wrong("split_by_take", "Count images")
def a_share_of_the_takes(names, share, seed):
    takes = np.array([name.rsplit("_", 2)[0] for name in names])
    order = np.random.default_rng(seed).permutation(np.unique(takes))
    return np.isin(takes, order[: max(1, round(share * len(order)))])


@wrong("split_by_take", "Every seed gives the same split")
def in_alphabetical_order(names, share, seed):
    return take_by_take(names, share, 0)


@wrong("split_by_take", "same seed differ")
def forgets_the_seed(names, share, seed):
    return take_by_take(names, share, None)


@wrong("split_by_take", "Add one take more")
def stops_before_the_share_is_reached(names, share, seed):
    takes = np.array([name.rsplit("_", 2)[0] for name in names])
    chosen = np.zeros(len(names), bool)
    for take in np.random.default_rng(seed).permutation(np.unique(takes)):
        if (chosen | (takes == take)).sum() > share * len(names):
            break
        chosen |= takes == take
    return chosen


@wrong("split_by_take", "Stop as soon as")
def goes_on_for_two_takes(names, share, seed):
    return fill([n.rsplit("_", 2)[0] for n in names], share, seed, more=2)


@wrong("split_by_take", "more takes than it needs")
def one_take_more_where_the_share_is_exact(names, share, seed):
    return take_by_take(names, share + 1e-6, seed)


@wrong("split_by_take", "Positions or names of images are no mask")
def positions(names, share, seed):
    return np.flatnonzero(take_by_take(names, share, seed))


@wrong("split_by_take", "Return bool")
def zeros_and_ones(names, share, seed):
    return take_by_take(names, share, seed).astype(int)


@wrong("split_by_take", "have no underscore")
def needs_two_underscores(names, share, seed):
    return fill([n.split("_")[0] + n.split("_")[1] for n in names], share, seed)


@wrong("split_by_take", "A name without underscores is")
def all_simulated_bodies_are_one_take(names, share, seed):
    takes = [n.rsplit("_", 2)[0] if "_" in n else "body" for n in names]
    return fill(takes, share, seed)


# The network


def people():
    """Four images of 4 x 5 pixels, a person of eight pixels in each."""
    masks = np.zeros((4, 4, 5), np.uint8)
    masks[:, 1:3, :4] = 1
    return SimpleNamespace(images=np.zeros((4, 4, 5, 3), np.uint8), masks=masks)


def predict(model, images):
    return model[: len(images)]


def outlined(missed=0, invented=0):
    """Logits that miss and invent so many pixels of each person."""
    logits = np.where(people().masks == 1, 3.0, -3.0)
    logits[:, 1, :missed] = -1
    logits[:, 0, :invented] = 1
    return logits


def hardly_begun():
    """Logits that find two of eight pixels, and invent five."""
    logits = outlined(4, 5)
    logits[:, 2, :2] = -1
    return logits


answers.call("train_person", lambda check, answer: check(answer, predict, people()))

right("train_person", outlined(), name="a_perfect_network")
right("train_person", outlined(1, 1).astype(np.float32), name="a_good_network")
right("train_person", outlined(0, 2).tolist(), name="invents_a_little")

wrong("train_person", "does not predict", 0.8, name="the_score")
wrong("train_person", "Return the model alone", (outlined(), []), name="with_history")
wrong("train_person", "one output", np.zeros((4, 4, 5, 2)), name="two_outputs")
wrong("train_person", "exploded", outlined() * np.nan, name="nan")
wrong("train_person", "background everywhere", outlined() - 9, name="nobody")
wrong("train_person", "person everywhere", outlined() + 9, name="everybody")
wrong(
    "train_person",
    "taken for probabilities",
    1 / (1 + np.exp(-outlined())),
    name="probabilities",
)
wrong("train_person", "wrong way round", -outlined(), name="inverted")
wrong("train_person", "upside down", outlined(3, 1), name="not_enough")
wrong("train_person", "hardly begun", hardly_begun(), name="hardly_begun")


# The cut-out


@right("cut_out")
def by_the_formula(image, background, probabilities, low=0.3, high=0.7):
    alpha = np.clip((probabilities - low) / (high - low), 0, 1)[:, :, None]
    return np.rint(alpha * image + (1 - alpha) * background).astype("uint8")


@right("cut_out")
def moves_from_the_background(image, background, probabilities, low=0.3, high=0.7):
    back = background.astype(np.float64)
    alpha = np.interp(probabilities, [low, high], [0, 1])
    return (back + np.dstack([alpha] * 3) * (image - back) + 0.5).astype(np.uint8)


@right("cut_out")
def loops(image, background, probabilities, low=0.3, high=0.7):
    result = background.copy()
    for row in range(image.shape[0]):
        for column in range(image.shape[1]):
            share = (probabilities[row, column] - low) / (high - low)
            share = max(0, min(1, share))
            for c in range(3):
                mixed = share * float(image[row, column, c])
                mixed += (1 - share) * float(background[row, column, c])
                result[row, column, c] = round(mixed)
    return result


@right("cut_out")
def channels_first_in_fortran_order(
    image, background, probabilities, low=0.3, high=0.7
):
    alpha = np.clip((probabilities - low) / (high - low), 0, 1)
    front, back = np.moveaxis(image, -1, 0), np.moveaxis(background, -1, 0)
    mixed = np.round(alpha * front + (1 - alpha) * back).astype(np.uint8)
    return np.asfortranarray(np.moveaxis(mixed, 0, -1))


def ramp(probabilities, low, high):
    return np.clip((probabilities - low) / (high - low), 0, 1)[..., None]


@wrong("cut_out", "Round first")
def forgets_to_round(image, background, probabilities, low=0.3, high=0.7):
    a = ramp(probabilities, low, high)
    return (a * image + (1 - a) * background).astype(np.uint8)


@wrong("cut_out", "swapped")
def swaps_the_pictures(image, background, probabilities, low=0.3, high=0.7):
    return by_the_formula(background, image, probabilities, low, high)


@wrong("cut_out", "cut hard")
def cuts_hard(image, background, probabilities, low=0.3, high=0.7):
    return np.where(probabilities[..., None] > 0.5, image, background)


@wrong("cut_out", "take the probability itself")
def probability_as_alpha(image, background, probabilities, low=0.3, high=0.7):
    a = probabilities[..., None]
    return np.round(a * image + (1 - a) * background).astype(np.uint8)


@wrong("cut_out", "Clip it")
def forgets_to_clip(image, background, probabilities, low=0.3, high=0.7):
    a = ((probabilities - low) / (high - low))[..., None]
    return np.round(a * image + (1 - a) * background).astype(np.int64).astype(np.uint8)


@wrong("cut_out", "Return uint8")
def stays_float(image, background, probabilities, low=0.3, high=0.7):
    a = ramp(probabilities, low, high)
    return np.round(a * image + (1 - a) * background)


@wrong("cut_out", "Red and blue are swapped")
def returns_bgr(*arguments):
    return by_the_formula(*arguments)[..., ::-1]


@wrong("cut_out", "Your probabilities go up to 255")
def takes_probabilities_of_255(image, background, probabilities, low=0.3, high=0.7):
    return by_the_formula(image, background, 255 * probabilities, low, high)


@wrong("cut_out", "multiply by 255")
def returns_zero_to_one(image, background, probabilities, low=0.3, high=0.7):
    a = ramp(probabilities, low, high)
    return a * (image / 255) + (1 - a) * (background / 255)


@wrong("cut_out", "Keep it float")
def alpha_in_uint8(image, background, probabilities, low=0.3, high=0.7):
    a = ramp(probabilities, low, high).astype(np.uint8)
    return a * image + (1 - a) * background


@wrong("cut_out", "multiply uint8 by uint8")
def alpha_up_to_255(image, background, probabilities, low=0.3, high=0.7):
    a = (ramp(probabilities, low, high) * 255).round().astype(np.uint8)
    return (a * image + (255 - a) * background) // 255


@wrong("cut_out", "subtract uint8 from uint8")
def moves_from_the_background_in_uint8(
    image, background, probabilities, low=0.3, high=0.7
):
    step = ramp(probabilities, low, high) * (image - background)
    return np.round(background + step).astype(np.uint8)


@wrong("cut_out", "high - low wide")
def divides_by_high(image, background, probabilities, low=0.3, high=0.7):
    a = np.clip((probabilities - low) / high, 0, 1)[..., None]
    return np.round(a * image + (1 - a) * background).astype(np.uint8)


@wrong("cut_out", "third axis")
def forgets_the_channels(image, background, probabilities, low=0.3, high=0.7):
    a = ramp(probabilities, low, high)[..., 0]
    return np.round(a * image + (1 - a) * background).astype(np.uint8)


@wrong("cut_out", "background is missing")
def before_black(image, background, probabilities, low=0.3, high=0.7):
    return np.round(ramp(probabilities, low, high) * image).astype(np.uint8)


@wrong("cut_out", "changes background in place")
def paints_on_the_background(image, background, probabilities, low=0.3, high=0.7):
    background[:] = by_the_formula(image, background, probabilities, low, high)
    return background


@wrong("cut_out", "subtract uint8 from uint8")
def subtracts_and_clips(image, background, probabilities, low=0.3, high=0.7):
    a = np.clip((probabilities - low) / (high - low), 0, 1)[..., None]
    mix = np.round(background + a * (image - background))
    return np.clip(mix, 0, 255).astype(np.uint8)


@wrong("cut_out", "low and high make no difference")
def fixed_ramp(image, background, probabilities, low=0.3, high=0.7):
    return by_the_formula(image, background, probabilities)


@wrong("cut_out", "the probability itself as alpha")
def no_ramp(image, background, probabilities, low=0.3, high=0.7):
    a = np.clip(probabilities, 0, 1)[..., None]
    return np.round(a * image + (1 - a) * background).astype(np.uint8)


@wrong("cut_out", "negative difference became 0")
def clipped_difference(image, background, probabilities, low=0.3, high=0.7):
    a = np.clip((probabilities - low) / (high - low), 0, 1)[..., None]
    gap = np.clip(image.astype(int) - background, 0, 255)
    return np.round(background + a * gap).astype(np.uint8)


@wrong("cut_out", "return the image as it is")
def returns_the_image(image, background, probabilities, low=0.3, high=0.7):
    return image.copy()


# The report


FACTS = {
    "source": "simulated",
    "train": 240,
    "validation": 60,
    "test": 75,
    "validation_dice": np.float64(0.8712),
    "dice": np.float64(0.8437),
    "worst": np.float64(0.307),
}
answers.call("report", lambda check, answer: check(answer, FACTS))


def written(**changes):
    parts = {
        "Data": "simulated images of people, 48 x 64.",
        "Split": "by take: 240, 60 and 75 images.",
        "Recipe": "a U-Net, four epochs, weights of other bodies.",
        "Result": "mean Dice 0.84 on 75 test images, the lowest is 0.31.",
        "Limits": "thin arms are lost, and photographs were not tried.",
    }
    return "\n".join(f"{n}: {text}" for n, text in (parts | changes).items() if text)


@right("report")
def by_hand(facts):
    return written()


@right("report")
def from_the_facts(facts):
    return f"""
**Data:** {facts["source"]} people in rooms, none photographed.

**Split:** by take, {facts["train"]} + {facts["validation"]} + {facts["test"]} images.

**Recipe:** U-Net, bce_dice, no flips, learning rate 0.001.

**Result:** Dice {facts["dice"]:.3f} (lowest {facts["worst"]:.3f}, n = {facts["test"]}).

**Limits:** one seed; dark clothes before dark walls are lost.
"""


@right("report")
def in_percent_and_korean(facts):
    return written(
        Data="방 안에서 춤추는 사람 시뮬레이션 데이터.",
        Split="테이크별로 나눔: 240장, 60장, 75장.",
        Result="시험 이미지 75장에서 평균 Dice 84.4 %, 최저 30.7 %.",
    )


@right("report")
def numbered_and_without_zeros(facts):
    lines = written(Result="Dice .84, lowest .31, n=75.").split("\n")
    return "\n".join(f"{i}. {line}" for i, line in enumerate(lines, 1))


@right("report")
def in_korean_without_spaces(facts):
    return written(Result="시험 이미지 총75장에서 평균0.84, 최저0.31이었다.")


@right("report")
def in_another_order(facts):
    text = written().split("\n")
    return "My report\n\n" + "\n\n".join(f"- {line}" for line in text[::-1])


@wrong("report", "are simulated")
def hides_that_it_is_simulated(facts):
    return written(Data="1,192 frames of people who dance.")


@wrong("report", "The part Limits is missing")
def without_limits(facts):
    return written(Limits="")


@wrong("report", "that of the validation images")
def the_number_that_was_tuned(facts):
    return written(Result="mean Dice 0.871 on 75 test images, the lowest is 0.31.")


@wrong("report", "mean Dice of the test images")
def a_number_that_was_not_measured(facts):
    return written(Result="mean Dice 0.94 on 75 test images, the lowest is 0.31.")


@wrong("report", "two decimals")
def one_decimal(facts):
    return written(Result="mean Dice 0.8 on 75 test images, the lowest is 0.3.")


@wrong("report", "State the lowest Dice as well")
def the_mean_alone(facts):
    return written(Result="mean Dice 0.84 on 75 test images, which is good.")


@wrong("report", "so many digits")
def all_digits(facts):
    return written(Result="mean Dice 0.8437000 on 75 test images, lowest 0.307.")


@wrong("report", "how many test images")
def no_number_of_images(facts):
    return written(Result="mean Dice 0.84 on test images, the lowest is 0.31.")


@wrong("report", "validation part has")
def forgets_the_validation_part(facts):
    return written(Split="by take: 240 for training and 75 for the test.")


@wrong("report", "says nothing yet")
def leaves_a_gap(facts):
    return written(Recipe="...")


@wrong("report", "Return a text")
def a_dictionary(facts):
    return dict(facts)


# Heat maps


@right("heat_maps")
def all_at_once(joints, visible, height, width, spread):
    x = (np.arange(width) + 0.5)[None, None] - joints[:, 0, None, None]
    y = (np.arange(height) + 0.5)[None, :, None] - joints[:, 1, None, None]
    return np.exp(-(x**2 + y**2) / 2 / spread**2) * visible[:, None, None]


@right("heat_maps")
def separable_in_float32(joints, visible, height, width, spread):
    x = np.exp(-((np.arange(width) + 0.5 - joints[:, :1]) ** 2) / (2 * spread**2))
    y = np.exp(-((np.arange(height) + 0.5 - joints[:, 1:]) ** 2) / (2 * spread**2))
    return np.einsum("kh,kw->khw", y * visible[:, None], x).astype(np.float32)


@right("heat_maps")
def joint_by_joint_in_a_list(joints, visible, height, width, spread):
    rows, columns = np.mgrid[:height, :width]
    maps = []
    for (x, y), seen in zip(joints, visible, strict=True):
        distance = np.hypot(columns + 0.5 - x, rows + 0.5 - y)
        peak = np.exp(-((distance / spread) ** 2) / 2)
        maps.append(peak if seen else np.zeros((height, width)))
    return maps


@wrong("heat_maps", "add one half")
def from_the_corner(joints, visible, height, width, spread):
    return all_at_once(joints + 0.5, visible, height, width, spread)


@wrong("heat_maps", "x and y are swapped")
def swaps_x_and_y(joints, visible, height, width, spread):
    return all_at_once(joints[:, ::-1], visible, height, width, spread)


@wrong("heat_maps", "too narrow")
def without_the_two(joints, visible, height, width, spread):
    return all_at_once(joints, visible, height, width, spread / np.sqrt(2))


@wrong("heat_maps", "Square the spread")
def spread_not_squared(joints, visible, height, width, spread):
    return all_at_once(joints, visible, height, width, np.sqrt(spread))


@wrong("heat_maps", "not visible have a peak")
def shows_hidden_joints(joints, visible, height, width, spread):
    return all_at_once(joints, np.ones_like(visible), height, width, spread)


@wrong("heat_maps", "middle of its pixel")
def whole_pixels(joints, visible, height, width, spread):
    middle = joints.astype(int) + 0.5
    return all_at_once(middle, visible, height, width, spread)


@wrong("heat_maps", "sum to 1")
def sums_to_one(joints, visible, height, width, spread):
    maps = all_at_once(joints, visible, height, width, spread)
    total = maps.sum(axis=(1, 2), keepdims=True)
    return np.divide(maps, total, out=np.zeros_like(maps), where=total > 0)


@wrong("heat_maps", "They come first")
def joints_last(joints, visible, height, width, spread):
    maps = all_at_once(joints, visible, height, width, spread)
    return maps.transpose(1, 2, 0)


@wrong("heat_maps", "a map of its own")
def all_in_one(joints, visible, height, width, spread):
    return all_at_once(joints, visible, height, width, spread).max(axis=0)


@wrong("heat_maps", "cut to whole numbers")
def in_uint8(joints, visible, height, width, spread):
    return all_at_once(joints, visible, height, width, spread).astype(np.uint8)


@wrong("heat_maps", "area of the bell")
def density(joints, visible, height, width, spread):
    m = np.asarray(all_at_once(joints, visible, height, width, spread))
    return m / (2 * np.pi * spread**2)


@wrong("heat_maps", "sum to 1")
def sums_to_1(joints, visible, height, width, spread):
    m = np.asarray(all_at_once(joints, visible, height, width, spread))
    return m / m.sum(axis=(1, 2), keepdims=True)


@wrong("heat_maps", "highest pixel of all maps")
def highest_is_1(joints, visible, height, width, spread):
    m = np.asarray(all_at_once(joints, visible, height, width, spread))
    return m / m.max()


@right("heat_maps")
def f4(joints, visible, height, width, spread):
    return np.asarray(
        all_at_once(joints, visible, height, width, spread), "f4"
    ).tolist()


# Back to joints


def top(before, peak, after):
    return (before - after) / (2 * (before - 2 * peak + after))


def search(maps, shift=top, half=0.5, flip=False):
    """Decode joint by joint."""
    logs = np.log(np.maximum(maps, 1e-6))
    places = []
    for heat in logs:
        row, column = np.unravel_index(np.argmax(heat), heat.shape)
        x, y = column + half, row + half
        if 0 < column < heat.shape[1] - 1 and np.ptp(
            heat[row, column - 1 : column + 2]
        ):
            x = x + shift(*heat[row, column - 1 : column + 2])
        if 0 < row < heat.shape[0] - 1 and np.ptp(heat[row - 1 : row + 2, column]):
            y = y + shift(*heat[row - 1 : row + 2, column])
        places.append((y, x) if flip else (x, y))
    return np.array(places), maps.max(axis=(1, 2))


@right("decode")
def joint_by_joint(maps):
    return search(maps)


@right("decode")
def vectorised(maps):
    count, height, width = maps.shape
    logs = np.log(np.maximum(maps, 1e-6)).astype(float)
    row, column = np.divmod(logs.reshape(count, -1).argmax(axis=1), width)
    every = np.arange(count)

    def shift(down, right):
        r0, c0 = np.maximum(row - down, 0), np.maximum(column - right, 0)
        r1 = np.minimum(row + down, height - 1)
        c1 = np.minimum(column + right, width - 1)
        a, m, b = logs[every, r0, c0], logs[every, row, column], logs[every, r1, c1]
        bend = a - 2 * m + b
        inside = (r1 - r0 == 2 * down) & (c1 - c0 == 2 * right) & (bend != 0)
        return np.where(inside, (a - b) / np.where(inside, 2 * bend, 1), 0)

    places = np.stack([column + shift(0, 1), row + shift(1, 0)], axis=1) + 0.5
    return places, maps.reshape(count, -1).max(axis=1)


@right("decode")
def lists(maps):
    places, peaks = search(np.asfortranarray(maps))
    return [places.tolist(), peaks.tolist()]


@wrong("decode", "column before the row")
def row_first(maps):
    return search(maps, flip=True)


@wrong("decode", "one half is missing")
def without_the_half(maps):
    return search(maps, half=0)


@wrong("decode", "whole pixels")
def whole_pixels_only(maps):
    return search(maps, lambda *three: 0)


@wrong("decode", "sign of the shift")
def the_wrong_way(maps):
    return search(maps, lambda a, m, b: top(b, m, a))


@wrong("decode", "goes through the logarithms")
def parabola_of_the_values(maps):
    return search(maps, lambda a, m, b: top(*np.exp([a, m, b])))


@wrong("decode", "quarter of a pixel")
def a_quarter(maps):
    return search(maps, lambda a, m, b: 0.25 if b > a else -0.25 if a > b else 0)


@wrong("decode", "whole map")
def centre_of_mass(maps):
    rows, columns = np.mgrid[: maps.shape[1], : maps.shape[2]] + 0.5
    total = np.maximum(maps.sum(axis=(1, 2)), 1e-6)
    x, y = (maps * columns).sum(axis=(1, 2)), (maps * rows).sum(axis=(1, 2))
    return np.stack([x / total, y / total], axis=1), maps.max(axis=(1, 2))


@wrong("decode", "one neighbour only")
def runs_over_the_border(maps):
    logs = np.log(np.maximum(maps, 1e-6))
    places = []
    for heat in logs:
        row, column = np.unravel_index(heat.argmax(), heat.shape)
        x, y = column + 0.5, row + 0.5
        for place, index in ((0, column), (1, row)):
            line = heat[row] if place == 0 else heat[:, column]
            if len(line) > 2:
                a, m, b = line[index - 1], line[index], line[index + 1]
                step = (a - b) / (2 * (a - 2 * m + b)) if a - 2 * m + b else 0
                x, y = (x + step, y) if place == 0 else (x, y + step)
        places.append((x, y))
    return np.array(places), maps.max(axis=(1, 2))


@wrong("decode", "the places (K, 2) and the peaks (K,)")
def places_alone(maps):
    return search(maps)[0]


@wrong("decode", "divides by the width")
def divides_by_the_height(maps):
    index = maps.reshape(len(maps), -1).argmax(axis=1)
    places = np.stack(np.divmod(index, maps.shape[1])[::-1], axis=1) + 0.5
    return places, maps.max(axis=(1, 2))


@wrong("decode", "Your peaks are logarithms")
def peaks_of_the_logarithms(maps):
    return search(maps)[0], np.log(np.maximum(maps, 1e-6)).max(axis=(1, 2))


@right("decode")
def tuples(maps):
    p, k = joint_by_joint(maps)
    return [tuple(x) for x in np.asarray(p)], tuple(k)


# PCK


@right("pck")
def vectorised_pck(found, joints, visible, scale, tolerance=0.5):
    near = np.linalg.norm(found - joints, axis=-1) <= tolerance * scale[:, None]
    return near[visible].mean()


@right("pck")
def counts(found, joints, visible, scale, tolerance=0.5):
    hits = 0
    for n, k in np.argwhere(visible):
        hits += np.hypot(*(found[n, k] - joints[n, k])) <= tolerance * scale[n]
    return float(hits) / int(visible.sum())


@right("pck")
def weighted_by_visible(found, joints, visible, scale, tolerance=0.5):
    square = ((found - joints).astype(float) ** 2).sum(-1)
    near = square <= (tolerance * scale.astype(float)[:, None]) ** 2
    return np.average(near, weights=visible)


@wrong("pck", "leave them out")
def counts_hidden_joints(found, joints, visible, scale, tolerance=0.5):
    return (
        np.linalg.norm(found - joints, axis=-1) <= tolerance * scale[:, None]
    ).mean()


@wrong("pck", "count as missed")
def hidden_joints_are_missed(found, joints, visible, scale, tolerance=0.5):
    near = np.linalg.norm(found - joints, axis=-1) <= tolerance * scale[:, None]
    return (near & visible).mean()


@wrong("pck", "pool them first")
def mean_of_means(found, joints, visible, scale, tolerance=0.5):
    near = np.linalg.norm(found - joints, axis=-1) <= tolerance * scale[:, None]
    seen = visible.sum(axis=1)
    each = (near & visible).sum(axis=1)[seen > 0] / seen[seen > 0]
    return each.mean()


@wrong("pck", "scale of its own")
def one_scale_for_all(found, joints, visible, scale, tolerance=0.5):
    near = np.linalg.norm(found - joints, axis=-1) <= tolerance * scale.mean()
    return near[visible].mean()


@wrong("pck", "<= and not <")
def strictly_below(found, joints, visible, scale, tolerance=0.5):
    near = np.linalg.norm(found - joints, axis=-1) < tolerance * scale[:, None]
    return near[visible].mean()


@wrong("pck", "squared distance")
def squares(found, joints, visible, scale, tolerance=0.5):
    near = ((found - joints) ** 2).sum(axis=-1) <= tolerance * scale[:, None]
    return near[visible].mean()


@wrong("pck", "x and y apart")
def each_axis_for_itself(found, joints, visible, scale, tolerance=0.5):
    near = (np.abs(found - joints) <= tolerance * scale[:, None, None]).all(axis=-1)
    return near[visible].mean()


@wrong("pck", "Use the argument")
def always_a_half(found, joints, visible, scale, tolerance=0.5):
    return vectorised_pck(found, joints, visible, scale, 0.5)


@wrong("pck", "in percent")
def percent(found, joints, visible, scale, tolerance=0.5):
    return 100 * vectorised_pck(found, joints, visible, scale, tolerance)


@wrong("pck", "second axis of length 1")
def forgets_an_axis(found, joints, visible, scale, tolerance=0.5):
    return (np.linalg.norm(found - joints, axis=-1) <= tolerance * scale)[
        visible
    ].mean()


@right("pck")
def pck0(found, joints, visible, scale, tolerance=0.5):
    return np.array(vectorised_pck(found, joints, visible, scale, tolerance))


# The pose


NAMES = (
    *("head", "neck", "right shoulder", "right elbow", "right wrist"),
    *("left shoulder", "left elbow", "left wrist", "right hip", "right knee"),
    *("right ankle", "left hip", "left knee", "left ankle"),
)


def dancers():
    """Three images of 20 x 30 pixels with joints far from each other."""
    generator = np.random.default_rng(0)
    places = np.stack(np.meshgrid(np.arange(5) * 6 + 3, [3, 10, 17]), -1).reshape(-1, 2)
    joints = np.stack([generator.permutation(places)[:14] for _ in range(3)]) + 0.5
    joints[:, 1], joints[:, [8, 11]] = (4.5, 3.5), (10.5, 3.5)
    return SimpleNamespace(
        images=np.zeros((3, 20, 30, 3), np.uint8),
        masks=np.zeros((3, 20, 30), np.uint8),
        joints=joints.astype(np.float32),
        joint_names=NAMES,
    )


def maps_at(places):
    """Maps (3, 20, 30, 14) with their peaks at places (3, 14, 2)."""
    rows, columns = np.mgrid[:20, :30][..., None] + 0.5
    x, y = places[:, None, None, :, 0], places[:, None, None, :, 1]
    return 5 - ((columns - x) ** 2 + (rows - y) ** 2)


def with_wrong(count):
    """Places of which so many joints of each image are far off."""
    places = dancers().joints.copy()
    places[:, -count:] = 29 - places[:, -count:]
    return places


answers.call("train_pose", lambda check, answer: check(answer, predict, dancers()))
exact = dancers().joints
left_and_right = [0, 1, 5, 6, 7, 2, 3, 4, 11, 12, 13, 8, 9, 10]

right("train_pose", maps_at(exact), name="a_perfect_pose")
right("train_pose", maps_at(exact + 1).astype(np.float32), name="a_pixel_off")
right("train_pose", maps_at(with_wrong(5)).tolist(), name="nine_of_fourteen")

wrong("train_pose", "does not predict", 0.7, name="the_pck")
wrong("train_pose", "Return the model alone", (maps_at(exact), 1), name="two_things")
wrong("train_pose", "14 joints", maps_at(exact)[..., 0], name="one_map")
wrong("train_pose", "exploded", np.full((3, 20, 30, 14), np.inf), name="infinite")
wrong("train_pose", "flat", np.zeros((3, 20, 30, 14)), name="flat_maps")
wrong(
    "train_pose",
    "Left and right are swapped",
    maps_at(exact)[..., left_and_right],
    name="left_is_right",
)
wrong("train_pose", "wrong sign", -maps_at(exact), name="a_wrong_sign")
wrong("train_pose", "upside down", maps_at(exact)[:, ::-1], name="upside_down")
wrong(
    "train_pose",
    "All joints are found in one place",
    np.repeat(maps_at(exact)[..., :1], 14, axis=-1),
    name="one_map_for_all",
)
wrong("train_pose", "not enough yet", maps_at(with_wrong(12)), name="too_few")
