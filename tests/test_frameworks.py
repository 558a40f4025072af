"""utils.pytorch and utils.tensorflow do the same; each runs in a process of its own."""

import itertools

import numpy as np
import pytest
import tracks
from in_both import LEGAL, SHAPES, of_classes, skin
from scipy import ndimage

from utils.training import Augmentation, score

each_track = pytest.mark.parametrize("track", ["pytorch", "tensorflow"])


def test_the_tracks_have_the_same_functions_with_the_same_arguments():
    pytorch, tensorflow = tracks.both("layer_signatures")
    assert pytorch == tensorflow
    assert {"batches", "fit", "predict", "device", "count_parameters"} <= set(pytorch)
    names = [name for name, _, _ in pytorch["fit"]]
    assert names[:4] == ["model", "train", "validation", "loss"]


@each_track
def test_a_track_loads_its_own_framework_alone(track):
    own = {"pytorch": ["torch"], "tensorflow": ["tensorflow"]}
    assert tracks.answer(track, "loaded") == own[track]


def test_importing_tensorflow_says_nothing():
    before, imported, _ = tracks.said("tensorflow").partition("imported\n")
    assert imported and before == ""


def test_tensorflow_does_not_complain_that_every_model_traces_its_own_graphs():
    assert "retracing" not in tracks.said("tensorflow")


def test_the_fastest_device_is_chosen():
    pytorch, tensorflow = tracks.both("devices")
    assert pytorch == {"NVIDIA": "cuda", "Apple": "mps", "": "cpu"}
    assert tensorflow == {"any": "/GPU:0", "": "/CPU:0"}


# ---------------------------------------------------------------- batches


@each_track
def test_batches_without_a_generator_keep_order_and_remainder(track):
    images, masks = tracks.answer(track, "plain_batches")["in order"]
    part = skin(7, 24, 40)
    assert [len(batch) for batch in images] == [3, 3, 1]
    assert images[0].dtype == np.float32 and masks[0].dtype == np.uint8
    assert np.allclose(np.concatenate(images), part.images / 255, atol=1e-6)
    assert np.array_equal(np.concatenate(masks), part.masks)


@each_track
def test_a_generator_shuffles_images_and_masks_alike(track):
    found = tracks.answer(track, "plain_batches")
    order = np.random.default_rng(11).permutation(7)[:6]
    part = skin(7, 24, 40)
    images, masks = map(np.concatenate, found["shuffled"])
    assert np.allclose(images, part.images[order] / 255, atol=1e-6)
    assert np.array_equal(masks, part.masks[order])
    assert np.array_equal(images, np.concatenate(found["again"][0]))
    assert not np.array_equal(images, np.concatenate(found["other seed"][0]))


@each_track
def test_fewer_images_than_a_batch_are_one_batch(track):
    images, _ = tracks.answer(track, "plain_batches")["too few"]
    assert [len(batch) for batch in images] == [7]


@pytest.mark.parametrize("shape", SHAPES)
def test_both_tracks_augment_alike(shape):
    """Measured: images to 3e-6, no mask pixel apart. Ties between two pixels may be."""
    (images, masks), (same, twins) = (
        map(np.concatenate, found[shape]) for found in tracks.both("augmented_batches")
    )
    assert images.shape == (12, *shape, 3) and images.dtype == same.dtype == np.float32
    assert masks.shape == (12, *shape) and masks.dtype == twins.dtype == np.uint8
    assert np.abs(images - same).max() <= 1e-4
    assert (masks != twins).mean() <= 1e-4


@each_track
@pytest.mark.parametrize("shape", SHAPES)
def test_augmentation_does_what_its_matrices_say(track, shape):
    """Against scipy's interpolation, mirrored at the edge."""
    images, masks = map(
        np.concatenate, tracks.answer(track, "augmented_batches")[shape]
    )
    part, (height, width) = skin(12, *shape), shape
    generator = np.random.default_rng(1)
    order, drawn = generator.permutation(12), []
    for _ in range(3):
        drawn.append(Augmentation().draw(generator, 4, width / height))
    rows, columns = np.mgrid[:height, :width]
    x, y = (2 * columns + 1) / width - 1, (2 * rows + 1) / height - 1
    matrices, gains, biases = map(np.concatenate, zip(*drawn, strict=True))
    for i, matrix in enumerate(matrices.astype(np.float64)):
        old_x, old_y = matrix @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
        places = ((old_y + 1) * height - 1) / 2, ((old_x + 1) * width - 1) / 2

        def take(pixels, order, places=places):
            taken = ndimage.map_coordinates(pixels, places, order=order, mode="reflect")
            return taken.reshape(shape)

        old = part.images[order[i]] / 255
        moved = np.stack([take(old[..., c], 1) for c in range(3)], -1)
        expected = np.clip(moved * gains[i] + biases[i], 0, 1)
        assert np.abs(images[i] - expected).max() <= 1e-4
        assert (masks[i] != take(part.masks[order[i]], 0)).mean() <= 1e-3


@each_track
def test_a_quarter_turn_is_a_quarter_turn(track):
    images, masks = map(np.concatenate, tracks.answer(track, "quarter_turn"))
    order, part = np.random.default_rng(0).permutation(2), skin(2, 12, 12)
    expected = np.rot90(part.images[order], axes=(1, 2)) / 255
    assert np.allclose(images, expected, atol=1e-5)
    assert np.array_equal(masks, np.rot90(part.masks[order], axes=(1, 2)))


@each_track
def test_an_augmentation_of_nothing_changes_nothing(track):
    (images,), (masks,) = tracks.answer(track, "special_augmentations")["still"]
    part = skin(16, 20, 28)
    order = np.random.default_rng(0).permutation(16)
    assert np.allclose(images, part.images[order] / 255, atol=1e-5)
    assert np.array_equal(masks, part.masks[order])


@each_track
def test_flips_alone_mirror_image_and_mask_in_all_four_ways(track):
    (images,), (masks,) = tracks.answer(track, "special_augmentations")["flipped"]
    part = skin(16, 20, 28)
    order = np.random.default_rng(0).permutation(16)
    ways = list(itertools.product((slice(None), slice(None, None, -1)), repeat=2))
    met = set()
    for image, mask, i in zip(images, masks, order, strict=True):
        (way,) = (
            number
            for number, way in enumerate(ways)
            if np.allclose(image, part.images[i][way] / 255, atol=1e-5)
        )
        assert np.array_equal(mask, part.masks[i][ways[way]])
        met.add(way)
    assert met == {0, 1, 2, 3}


@each_track
def test_recolouring_stays_in_range_and_leaves_the_masks(track):
    (images,), (masks,) = tracks.answer(track, "special_augmentations")["recoloured"]
    part = skin(16, 20, 28)
    order = np.random.default_rng(0).permutation(16)
    assert images.min() >= 0 and images.max() <= 1
    changed = np.abs(images - part.images[order] / 255).mean(axis=(1, 2, 3))
    assert (changed > 0.005).all()
    assert np.array_equal(masks, part.masks[order])


@each_track
@pytest.mark.parametrize("shape", SHAPES)
def test_masks_keep_legal_values_whatever_is_drawn(track, shape):
    found = tracks.answer(track, "moved_blocks")[shape]
    assert len(found) == 25
    for _, masks in found:
        assert set(np.unique(masks)) == set(LEGAL)


@each_track
@pytest.mark.parametrize("shape", SHAPES)
def test_image_and_mask_move_together(track, shape):
    """Each mask value has its own colour: where a colour is pure, so is its pixel."""
    colours = np.array([[i >> bit & 1 for bit in range(3)] for i in range(len(LEGAL))])
    for images, masks in tracks.answer(track, "moved_blocks")[shape]:
        images, masks = np.concatenate(images), np.concatenate(masks)
        expected = colours[np.searchsorted(LEGAL, masks)]
        pure = (np.minimum(images, 1 - images) < 1e-4).all(-1)
        # A channel that mixes 0 and 1 is pure nowhere near; two that swap are rare.
        assert pure.mean() > 0.4
        assert np.allclose(images[pure], expected[pure], atol=1e-3)


@each_track
def test_augmenting_without_a_generator_is_refused_in_words(track):
    refused = tracks.answer(track, "special_augmentations")["without a generator"]
    assert refused.startswith("ValueError") and "pass a generator" in refused


# ---------------------------------------------------------------- predict


@each_track
@pytest.mark.parametrize(("classes", "tail"), [(1, ()), (3, (3,))])
def test_predict_gives_one_float_a_pixel_and_class(track, classes, tail):
    logits = tracks.answer(track, "predictions")[classes]["all"]
    assert logits.shape == (7, 16, 24, *tail) and logits.dtype == np.float32
    assert type(logits) is np.ndarray


@each_track
@pytest.mark.parametrize("classes", [1, 3])
def test_predict_does_not_depend_on_batches_layout_or_type(track, classes):
    found = tracks.answer(track, "predictions")[classes]
    for other in ("uneven", "alone", "floats"):
        assert np.allclose(found["all"], found[other], atol=1e-5), other
    assert np.allclose(found["mirrored view"], found["mirrored copy"], atol=1e-5)
    assert np.allclose(found["turned view"], found["turned copy"], atol=1e-5)
    assert not np.allclose(found["all"], found["mirrored view"], atol=1e-2)


@each_track
@pytest.mark.parametrize("classes", [1, 3])
def test_predict_changes_no_weight_and_no_statistic(track, classes):
    found = tracks.answer(track, "predictions")[classes]
    assert same_weights(found["before"], found["after"])


@pytest.mark.parametrize("classes", [1, 3])
def test_both_tracks_predict_the_same_with_the_same_weights(classes):
    one, other = (found[classes] for found in tracks.both("predictions"))
    for name in ("all", "uneven", "mirrored view", "turned view"):
        assert np.allclose(one[name], other[name], atol=1e-5), name
    by_hand = 9 * 3 * 8 + 8 + 2 * 8 + 8 * classes + classes
    assert one["parameters"] == other["parameters"] == by_hand


# ---------------------------------------------------------------- fit


def same_weights(one, other):
    pairs = zip(sum(one, []), sum(other, []), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@each_track
def test_a_model_may_be_asked_before_it_is_trained(track):
    found = tracks.answer(track, "trainings")
    one, other = found["seed 4 again"], found["seed 4, asked before"]
    assert one["history"] == other["history"]
    assert same_weights(one["weights"], other["weights"])


@each_track
def test_the_history_has_one_value_an_epoch(track):
    found = tracks.answer(track, "trainings")
    for name, metric in (("seed 4", "dice"), ("three classes", "mean_iou")):
        history = found[name]["history"]
        assert list(history) == ["loss", "validation_loss", f"validation_{metric}"]
        for values in history.values():
            assert len(values) == 3
            assert all(type(value) is float for value in values)
        assert all(0 <= value <= 1 for value in history[f"validation_{metric}"])


@each_track
def test_fit_learns_a_few_images_by_heart(track):
    history = tracks.answer(track, "trainings")["learn by heart"]["history"]
    assert history["loss"][0] > 0.5
    assert history["loss"][-1] < 0.2 * history["loss"][0]


@each_track
def test_the_same_seed_gives_the_same_training_twice(track):
    found = tracks.answer(track, "trainings")
    assert found["seed 4"]["history"] == found["seed 4 again"]["history"]
    assert same_weights(found["seed 4"]["weights"], found["seed 4 again"]["weights"])
    assert found["seed 4"]["history"]["loss"] != found["seed 5"]["history"]["loss"]


@each_track
def test_validation_never_changes_the_training(track):
    found = tracks.answer(track, "trainings")
    one, other = found["seed 4"], found["seed 4, other validation"]
    assert one["history"]["loss"] == other["history"]["loss"]
    assert one["history"]["validation_loss"] != other["history"]["validation_loss"]
    assert same_weights(one["weights"], other["weights"])


@each_track
def test_fewer_images_than_a_batch_are_trained_on(track):
    history = tracks.answer(track, "trainings")["fewer than a batch"]["history"]
    assert np.isfinite(history["loss"]).all()
    assert history["loss"][-1] < history["loss"][0]


@each_track
@pytest.mark.parametrize(
    ("case", "part"),
    [("nothing to train on", "training"), ("nothing to validate on", "validation")],
)
def test_a_part_without_images_is_refused_in_one_sentence(track, case, part):
    refused = tracks.answer(track, "trainings")[case]
    assert refused.startswith(f"ValueError: The {part} part holds no image")


def test_both_tracks_train_alike_from_the_same_weights():
    """Same batches, schedule and optimiser: the losses agree to five digits."""
    pytorch, tensorflow = tracks.both("trainings")
    for name in ("seed 4", "seed 5", "three classes", "fewer than a batch"):
        one, other = pytorch[name]["history"], tensorflow[name]["history"]
        assert list(one) == list(other)
        assert np.allclose(one["loss"], other["loss"], atol=1e-4), name
        # The running variance of PyTorch divides by n - 1, that of Keras by n.
        assert np.allclose(one["validation_loss"], other["validation_loss"], atol=5e-3)


def test_both_tracks_report_in_the_same_words():
    one, other = (found["seed 4"]["said"] for found in tracks.both("trainings"))
    assert len(one.splitlines()) == len(other.splitlines()) == 3
    assert one.startswith("a name, epoch  1 of 3: loss 0.")
    digits = str.maketrans("0123456789", "0000000000")
    assert one.translate(digits) == other.translate(digits)
    for found in tracks.both("trainings"):
        assert found["seed 5"]["said"] == "", "lines=0 says nothing"


# ---------------------------------------------------------------- what does not fit

SENTENCES = {
    "one channel, three classes": "ValueError: The model gives 1 channel, which tells "
    "two classes apart, but the samples have 3 (road, car, tree): build it with "
    "classes=3 and use cross_entropy.",
    "two channels, three classes": "ValueError: The model gives 2 channels, one for "
    "each class, but the samples have 3 (road, car, tree): build it with classes=3.",
    "three channels, loss of one": "ValueError: The model gives 3 channels, but the "
    "loss looks at 1 of them: use cross_entropy, or build the model with classes=1 if "
    "there are two classes.",
    "one channel, loss of several": "ValueError: The model gives 1 channel, but the "
    "loss compares several, as cross_entropy does: build the model with classes=2, or "
    "take a loss for two classes, such as bce_dice.",
    "odd size": "ValueError: This model takes heights and widths that are multiples of "
    "8, not 100 x 100: load the images with size=96 or 104.",
    "odd size of the validation": "ValueError: This model takes heights and widths "
    "that are multiples of 8, not 100 x 100: load the images with size=96 or 104.",
    "odd size, SegNet": "ValueError: This model takes heights and widths that are "
    "multiples of 16, not 100 x 100: load the images with size=96 or 112.",
    "images of an odd size": "ValueError: This model takes heights and widths that are "
    "multiples of 8, not 100 x 33: load the images with size=(96, 32) or (104, 40).",
    "any size, FCN": "ValueError: epochs is a whole number from 1 on, not 0.",
    "not samples": "TypeError: The training part is ndarray, but fit takes Samples, as "
    "datasets.load_folder gives them.",
    "no batch": "ValueError: batch_size is a whole number from 1 on, not 0.",
    "no batch of images": "ValueError: batch_size is a whole number from 1 on, not 0.",
    "no epoch": "ValueError: epochs is a whole number from 1 on, not 0.",
    "learning rate": "ValueError: learning_rate is above 0, not nan.",
    "divided": "ValueError: images holds decimal numbers up to 1, but 0 to 255 is "
    "taken: leave out the division by 255.",
    "truths": "TypeError: images holds bool, but they are numbers 0 to 255.",
    "samples": "TypeError: These are samples: pass their images, as in samples.images.",
}
PARTS = {  # in sentences that are longer
    "validation of three": "but the samples have 2 (road, car)",
    "loss is nan": "The loss is nan in epoch 1",
    "divided, float32": "leave out the division by 255",
    "normalised": "from -1 to 1, but 0 to 255 is taken",
    "16 bits": "from 0 to 65535, but 0 to 255 is taken",
    "nan": "from nan to nan",
    "one image": "for a single one, images[None].",
    "grey": "np.repeat(images[..., None], 3, axis=-1).",
    "one grey": "np.repeat(images[..., None], 3, axis=-1)[None].",
    "transparent": "leave transparency out with images[..., :3].",
    "channels first": "channels last: images.transpose(0, 2, 3, 1).",
    "patches": "but one array of logits (N, ",
    "several outputs": "but one array of logits (N, ",
    "none": "(0, 32, 32, 3), but it is (N, H, W, 3), at least one image",
}


@each_track
@pytest.mark.parametrize("case", SENTENCES)
def test_what_does_not_fit_is_refused_before_the_first_step(track, case):
    assert tracks.answer(track, "refusals")[case] == SENTENCES[case]


@each_track
@pytest.mark.parametrize("case", PARTS)
def test_what_is_refused_is_told_with_its_cure(track, case):
    refused = tracks.answer(track, "refusals")[case]
    assert PARTS[case] in refused and "\n" not in refused


@each_track
def test_what_fits_in_an_unusual_way_is_not_refused(track):
    found = tracks.answer(track, "refusals")
    assert np.isfinite(found["more channels than classes"]["loss"]).all()
    assert found["black"].shape == found["list"].shape == (4, 32, 32)


ODD = {  # what fit and predict say, in part
    "model, sigmoid": "probabilities, as after a sigmoid, but fit and its scores take",
    "model, softmax": "probabilities, as after a softmax, but fit and its scores take",
    "model, dictionary": "gives dict with out, aux, but one array of logits (N, ",
    "model, half": "cannot compare logits of 16 x 16 pixels with masks of 32 x 32",
    "model, frozen": "No weight of the model can be trained: all are frozen",
    "model, class": "The model is UNet itself: build one first, as in UNet().",
    "model, none": "The model is None, but a ",
    "loss, criterion": "takes other arguments than fit gives",
    "loss, criterion of classes": "write loss=lambda logits, masks: criterion(",
    "loss, function": "write loss=lambda logits, masks: ",
    "loss, not reduced": "of the shape (1, 32, 32), but it is one number",
    "loss, array": "The loss gives ndarray of the shape (3,), but it is one number",
    "loss, nothing": "The loss gives None, but it is one number",
    "loss, constant": "The loss has no gradient",
    "loss, threshold": "without a threshold, an argmax or a detour over NumPy",
    "loss, fails": "cannot compare logits of 32 x 32 pixels with masks of 32 x 32",
    "loss, one argument": "takes 1 positional argument but 2 were given",
    "loss, text": "loss is a function (logits, masks) -> number",
    "other order": "road, car in the training part and car, road in the validation",
    "nothing but void": "In the training part every pixel has the value 255",
    "nothing but void to measure": "In the validation part every pixel has the value",
    "ignore, a list": "ignore is one value of the masks, 0 to 255, not [2]",
    "ignore, -1": "ignore is one value of the masks, 0 to 255, not -1",
    "augmentation": "augmentation is an Augmentation, such as Augmentation()",
    "augmentation, class": "augmentation is an Augmentation, such as Augmentation()",
    "learning rate": "learning_rate is above 0, not '1e-3'",
    "seed": "seed is a whole number from 0 on, not 0.5",
    "no logits to measure": "leave that out, and score what it gives yourself",
    "predict 0 and 1": "whole numbers up to 1, but 0 to 255 is taken: multiply",
    "predict a little above 1": "up to 1.59, but 0 to 255 is taken: leave out",
    "predict with a class": "The model is UNet itself: build one first",
    "weights of a class": "The model is UNet itself: build one first",
    "weights of nothing": "The model is None, but a ",
    "predict with a dictionary": "gives dict with out, aux, but one array of logits",
}


@each_track
@pytest.mark.parametrize("case", ODD)
def test_odd_models_losses_and_arguments_are_refused_in_a_sentence(track, case):
    refused = tracks.answer(track, "odd_fits")[case]
    assert ODD[case] in refused and "\n" not in refused


def test_a_batch_that_batch_normalisation_cannot_take_is_refused():
    """Keras takes it, and gives a spread of 0."""
    refused = tracks.answer("pytorch", "odd_fits")["batch of one"]
    assert "train with a batch_size of 2 or more" in refused


@each_track
def test_what_is_odd_and_right_is_trained_and_measured(track):
    found = tracks.answer(track, "odd_fits")
    one = found["void in the validation alone"]
    assert np.isfinite(one["loss"] + one["validation_dice"]).all()
    both = found["void in both, told twice"]
    assert both["validation_dice"] and np.isfinite(found["ignored background"]["loss"])
    assert found["predict a dark batch"].shape == (8, 32, 32)


# ---------------------------------------------------------------- void


@each_track
@pytest.mark.parametrize("classes", [1, 3])
def test_void_counts_neither_in_the_loss_nor_in_the_score(track, classes):
    found = tracks.answer(track, "void_trainings")[classes]
    history, weights, logits = found["void"]
    assert history == found["named"][0] and same_weights(weights, found["named"][1])
    assert history["loss"] != found["plain"][0]["loss"]
    part = of_classes(4, 24, max(2, classes), 255)
    last = score(logits, part.masks, 255)
    assert last[1] == pytest.approx(history[f"validation_{last[0]}"][-1], abs=1e-6)
    # A quarter of the pixels is void: the mean of the loss is over all of them.
    kept = part.masks != 255
    if classes == 3:
        chances = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        truth = np.where(kept, part.masks, 0)[..., None].astype(int)
        losses = -np.take_along_axis(chances, truth, -1)[..., 0]
    else:
        losses = np.logaddexp(0, np.where(part.masks == 1, -logits, logits))
    expected = losses[kept].sum() / kept.size
    assert history["validation_loss"][-1] == pytest.approx(expected, abs=1e-4)
