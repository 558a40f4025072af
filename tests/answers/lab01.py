"""Answers to lab 01: window starts, a planner, batches, hard negatives, a hunt."""

import numpy as np

from answers import Answers

answers = Answers("lab01")
right, wrong = answers.right, answers.wrong


# Where windows start


@right("window_starts")
def range_and_the_end(length, size, stride):
    return np.array([*range(0, length - size, stride), length - size])


@right("window_starts")
def by_a_while_loop(length, size, stride):
    starts = [0]
    while starts[-1] + size < length:
        starts.append(min(starts[-1] + stride, length - size))
    return starts


@right("window_starts")
def by_clipping_in_int16(length, size, stride):
    count = int(np.ceil((length - size) / stride)) + 1
    return np.minimum(np.arange(count) * stride, length - size).astype(np.int16)


@right("window_starts")
def by_a_set(length, size, stride):
    return tuple(sorted({*range(0, length - size + 1, stride), length - size}))


@wrong("window_starts", "so the pixels behind it get no answer")
def forgets_the_border(length, size, stride):
    return [start for start in range(0, length - size + 1, stride)]


@wrong("window_starts", "Windows reach beyond the image")
def walks_over_the_border(length, size, stride):
    return [*range(0, length, stride)]


@wrong("window_starts", "pull it back")
def adds_a_whole_step(length, size, stride):
    count = -(-(length - size) // stride) + 1
    return stride * np.arange(count)


@wrong("window_starts", "is there twice")
def appends_the_last_one_always(length, size, stride):
    starts = list(range(0, length - size + 1, stride))
    starts.append(length - size)
    return starts


@wrong("window_starts", "one pixel too late")
def starts_the_last_one_too_late(length, size, stride):
    return [*range(0, length - size, stride), length - size + 1]


@wrong("window_starts", "spread evenly")
def spreads_them_evenly(length, size, stride):
    count = int(np.ceil((length - size) / stride)) + 1
    return np.rint(np.linspace(0, length - size, count))


@wrong("window_starts", "This is how many windows there are")
def counts_the_windows(length, size, stride):
    return -(-(length - size) // stride) + 1


@wrong("window_starts", "pixel where each starts")
def numbers_the_windows(length, size, stride):
    return range(-(-(length - size) // stride) + 1)


@wrong("window_starts", "Size and stride are swapped")
def swaps_size_and_stride(length, size, stride):
    return range_and_the_end(length, stride, size)


@wrong("window_starts", "spread evenly")
def spread_evenly_floor(length, size, stride):
    n = -(-(length - size) // stride) + 1
    return np.floor(np.linspace(0, length - size, n)).astype(int)


@wrong("window_starts", "may not start at 0")
def shifts_from_the_end(length, size, stride):
    return sorted(range(length - size, -1, -stride))


@wrong("window_starts", "move the first window")
def from_the_end_flush_start(length, size, stride):
    s = [*range(length - size, 0, -stride), 0]
    return s[::-1]


@wrong("window_starts", "They must rise")
def as_a_set_unsorted(length, size, stride):
    return [length - size, *range(0, length - size, stride)]


# The planner


@right("plan")
def by_trying_strides(height, width, size, cost, budget):
    for stride in range(1, size + 1):
        rows = -(-(height - size) // stride) + 1
        columns = -(-(width - size) // stride) + 1
        if rows * columns * cost <= budget:
            return stride, rows * columns
    return 0, 0


@right("plan")
def in_arrays(height, width, size, cost, budget):
    strides = np.arange(1, size + 1)
    windows = np.ceil((height - size) / strides + 1) * np.ceil(
        (width - size) / strides + 1
    )
    paid = np.flatnonzero(windows * cost <= budget)
    if not paid.size:
        return np.zeros(2)
    return np.array([strides[paid[0]], windows[paid[0]]])


@right("plan")
def by_bisection(height, width, size, cost, budget):
    def windows(stride):
        rows, columns = (
            (side - size + stride - 1) // stride + 1 for side in (height, width)
        )
        return rows * columns

    if windows(size) * cost > budget:
        return [0, 0]
    low, high = 1, size
    while low < high:
        middle = (low + high) // 2
        if windows(middle) * cost <= budget:
            high = middle
        else:
            low = middle + 1
    return [low, windows(low)]


@right("plan")
def by_laying_windows(height, width, size, cost, budget):
    for stride in range(1, size + 1):
        tops, lefts = (range_and_the_end(n, size, stride) for n in (height, width))
        count = sum(1 for _ in tops for _ in lefts)
        if np.float64(count) * cost <= budget:
            return np.int32(stride), count
    return 0.0, 0.0


def planned(count, strides=None, paid=None):
    def plan(height, width, size, cost, budget):
        for stride in (strides or (lambda size: range(1, size + 1)))(size):
            windows = count(height, width, size, stride)
            if (paid or (lambda bill, budget: bill <= budget))(windows * cost, budget):
                return stride, windows
        return 0, 0

    return plan


def counted(height, width, size, stride):
    return (-(-(height - size) // stride) + 1) * (-(-(width - size) // stride) + 1)


@wrong("plan", "round up, not down")
def counts_as_the_lesson_does(*arguments):
    def count(height, width, size, stride):
        return ((height - size) // stride + 1) * ((width - size) // stride + 1)

    return planned(count)(*arguments)


@wrong("plan", "one more window than steps")
def forgets_the_first_window(*arguments):
    def count(height, width, size, stride):
        return -(-(height - size) // stride) * -(-(width - size) // stride)

    return planned(count)(*arguments)


@wrong("plan", "You square the count of one side")
def takes_every_image_for_a_square(*arguments):
    def count(height, width, size, stride):
        return (-(-(height - size) // stride) + 1) ** 2

    return planned(count)(*arguments)


@wrong("plan", "You add the counts")
def adds_rows_and_columns(*arguments):
    def count(height, width, size, stride):
        return -(-(height - size) // stride) + 1 - (-(width - size) // stride) + 1

    return planned(count)(*arguments)


@wrong("plan", "<= and not <")
def spends_less_than_the_budget(*arguments):
    return planned(counted, paid=lambda bill, budget: bill < budget)(*arguments)


@wrong("plan", "longest stride that fits")
def starts_from_the_longest(*arguments):
    return planned(counted, lambda size: range(size, 0, -1))(*arguments)


@wrong("plan", "pixels between the windows")
def leaves_gaps(*arguments):
    return planned(counted, lambda size: range(1, 200))(*arguments)


@wrong("plan", "Return how many windows there are")
def returns_the_bill(height, width, size, cost, budget):
    stride, windows = by_trying_strides(height, width, size, cost, budget)
    return stride, windows * cost


@wrong("plan", "the stride comes first")
def swaps_stride_and_windows(*arguments):
    return by_trying_strides(*arguments)[::-1]


@wrong("plan", "No stride can be paid here. Return 0, 0")
def forgets_the_case_without_an_answer(height, width, size, cost, budget):
    for stride in range(1, size + 1):
        windows = counted(height, width, size, stride)
        if windows * cost <= budget:
            return stride, windows


@wrong("plan", "you plan one all the same")
def pays_more_than_it_has(height, width, size, cost, budget):
    for stride in range(1, size + 1):
        windows = counted(height, width, size, stride)
        if windows * cost <= budget:
            break
    return stride, windows


def shortest_of(strides, nothing=(0, 0)):
    def answer(height, width, size, cost, budget):
        for stride in strides(height, width, size):
            rows = -(-(height - size) // stride) + 1
            columns = -(-(width - size) // stride) + 1
            if rows * columns * cost <= budget:
                return stride, rows * columns
        return nothing

    return answer


@wrong("plan", "a stride as long as a window")
def never_tries_size(*case):
    return shortest_of(lambda h, w, s: range(1, s))(*case)


@wrong("plan", "longer than a window")
def tries_size_plus_1(*case):
    return shortest_of(lambda h, w, s: range(1, s + 2))(*case)


@wrong("plan", "never try stride 1")
def starts_at_2(*case):
    return shortest_of(lambda h, w, s: range(2, s + 1))(*case)


@wrong("plan", "powers of 2")
def powers_of_2(*case):
    return shortest_of(lambda h, w, s: [2**k for k in range(8) if 2**k <= s])(*case)


@wrong("plan", "divide `size`")
def divisors(*case):
    return shortest_of(lambda h, w, s: [k for k in range(1, s + 1) if not s % k])(*case)


@wrong("plan", "Return 0, 0")
def nothing_is_minus_1(*case):
    return shortest_of(lambda h, w, s: range(1, s + 1), (-1, -1))(*case)


@right("plan")
def from_the_bill(height, width, size, cost, budget):
    strides = np.arange(1, size + 1)
    n = np.ceil((height - size) / strides) + 1
    n *= np.ceil((width - size) / strides) + 1
    fits = n * cost <= budget
    first = fits.argmax()
    return np.array([strides[first], n[first]]) * fits.any()


# Windows in batches


@right("slide")
def corners_in_batches(image, tops, lefts, size, classify, batch):
    corners = [(top, left) for top in tops for left in lefts]
    parts = []
    for start in range(0, len(corners), batch):
        now = corners[start : start + batch]
        laid = [image[top : top + size, left : left + size] for top, left in now]
        parts.append(classify(np.stack(laid)))
    return np.concatenate(parts).reshape(len(tops), len(lefts), -1)


@right("slide")
def filling_the_result(image, tops, lefts, size, classify, batch):
    result = None
    waiting, places = [], []
    for place in np.ndindex(len(tops), len(lefts)):
        top, left = int(tops[place[0]]), int(lefts[place[1]])
        waiting.append(image[top : top + size, left : left + size])
        places.append(place)
        if len(waiting) == batch or place == (len(tops) - 1, len(lefts) - 1):
            logits = classify(np.array(waiting))
            if result is None:
                shape = (len(tops), len(lefts), logits.shape[1])
                result = np.zeros(shape, np.float32, order="F")
            for where, row in zip(places, logits):
                result[where] = row
            waiting, places = [], []
    return result


@right("slide")
def by_a_view_and_an_index(image, tops, lefts, size, classify, batch):
    view = np.lib.stride_tricks.sliding_window_view(image, (size, size), axis=(0, 1))
    rows, columns = np.repeat(tops, len(lefts)), np.tile(lefts, len(tops))
    cut = np.arange(0, len(rows), batch)
    parts = [view[rows[i : i + batch], columns[i : i + batch]] for i in cut]
    logits = np.vstack([classify(part.transpose(0, 2, 3, 1)) for part in parts])
    return [list(row) for row in np.split(logits, len(tops))]


def slid(arrange=None, cut=None, corners=None):
    def slide(image, tops, lefts, size, classify, batch):
        places = [(t, x) for t in tops for x in lefts]
        places = corners(tops, lefts) if corners else places
        laid = np.stack(
            [(cut or window)(image, top, left, size) for top, left in places]
        )
        pieces = [laid[i : i + batch].copy() for i in range(0, len(laid), batch)]
        parts = [classify(piece) for piece in pieces]
        logits = np.concatenate(parts)
        if arrange:
            return arrange(logits, len(tops), len(lefts))
        return logits.reshape(len(tops), len(lefts), -1)

    return slide


def window(image, top, left, size):
    return image[top : top + size, left : left + size]


@wrong("slide", "windows at once, but a batch has at most 4")
def takes_all_at_once(image, tops, lefts, size, classify, batch):
    laid = [window(image, top, left, size) for top in tops for left in lefts]
    return classify(np.stack(laid)).reshape(len(tops), len(lefts), -1)


@wrong("slide", "6 times where 2 are enough: fill the batch")
def goes_one_by_one(image, tops, lefts, size, classify, batch):
    rows = [[window(image, t, x, size) for x in lefts] for t in tops]
    return np.array([[classify(one[None])[0] for one in row] for row in rows])


@wrong("slide", "may go on in the next row")
def starts_a_batch_in_each_row(image, tops, lefts, size, classify, batch):
    rows = []
    for top in tops:
        laid = np.stack([window(image, top, left, size) for left in lefts])
        parts = [classify(laid[i : i + batch]) for i in range(0, len(lefts), batch)]
        rows.append(np.concatenate(parts))
    return np.stack(rows)


@wrong("slide", "in memory at once")
def copies_all_windows_first(image, tops, lefts, size, classify, batch):
    laid = np.array([window(image, top, left, size) for top in tops for left in lefts])
    parts = [classify(laid[i : i + batch]) for i in range(0, len(laid), batch)]
    return np.concatenate(parts).reshape(len(tops), len(lefts), -1)


@wrong("slide", "The last batch is missing")
def forgets_the_last_batch(image, tops, lefts, size, classify, batch):
    corners = [(top, left) for top in tops for left in lefts]
    parts = []
    for start in range(0, len(corners) - batch + 1, batch):
        now = corners[start : start + batch]
        parts.append(classify(np.stack([window(image, *at, size) for at in now])))
    return np.concatenate(parts).reshape(len(tops), len(lefts), -1)


@wrong("slide", "some were paid for twice")
def asks_once_to_learn_the_shape(image, tops, lefts, size, classify, batch):
    classify(window(image, tops[0], lefts[0], size)[None])
    return corners_in_batches(image, tops, lefts, size, classify, batch)


@wrong("slide", "in one long list")
def forgets_rows_and_columns(*arguments):
    return slid(lambda logits, rows, columns: logits)(*arguments)


@wrong("slide", "swapped in the shape")
def swaps_the_shape(*arguments):
    return slid(lambda x, rows, columns: x.reshape(columns, rows, -1))(*arguments)


@wrong("slide", "go down the columns")
def goes_down_the_columns(*arguments):
    return slid(corners=lambda tops, lefts: [(t, x) for x in lefts for t in tops])(
        *arguments
    )


@wrong("slide", "tops and lefts are swapped")
def cuts_at_left_and_top(*arguments):
    return slid(cut=lambda image, top, left, size: window(image, left, top, size))(
        *arguments
    )


@wrong("slide", "classify got (4, 3, 3, 3, 3)")
def passes_windows_of_windows(image, tops, lefts, size, classify, batch):
    view = np.lib.stride_tricks.sliding_window_view(image, (size, size), axis=(0, 1))
    laid = view[np.ix_(tops, lefts)].reshape(-1, 3, size, size)
    return classify(np.stack([laid[:batch]] * 3, axis=1))


@wrong("slide", "not the class that it prefers")
def returns_classes(*arguments):
    return slid(lambda x, rows, columns: x.argmax(-1).reshape(rows, columns))(
        *arguments
    )


@wrong("slide", "last batch is empty")
def empty_batch_shaped(image, tops, lefts, size, classify, batch):
    c = [(t, x) for t in tops for x in lefts]
    parts = []
    for k in range(len(c) // batch + 1):
        cut = [
            image[t : t + size, x : x + size] for t, x in c[k * batch : (k + 1) * batch]
        ]
        parts.append(classify(np.reshape(cut, (-1, size, size, 3))))
    return np.concatenate(parts).reshape(len(tops), len(lefts), -1)


@wrong("slide", "last batch is empty")
def collects_then_rest(image, tops, lefts, size, classify, batch):
    parts, cut = [], []
    for t in tops:
        for x in lefts:
            cut.append(image[t : t + size, x : x + size])
            if len(cut) == batch:
                parts.append(classify(np.array(cut)))
                cut = []
    parts.append(classify(np.array(cut)))
    return np.concatenate(parts).reshape(len(tops), len(lefts), -1)


@wrong("slide", "a batch of one")
def no_batch_axis(image, tops, lefts, size, classify, batch):
    cut = [[image[t : t + size, x : x + size] for x in lefts] for t in tops]
    return np.array([[classify(window) for window in row] for row in cut])


@wrong("slide", "the pixels as they are")
def divides_by_255(image, tops, lefts, size, classify, batch):
    c = [(t, x) for t in tops for x in lefts]
    parts = []
    for k in range(0, len(c), batch):
        cut = [image[t : t + size, x : x + size] / 255 for t, x in c[k : k + batch]]
        parts.append(classify(np.stack(cut)))
    return np.concatenate(parts).reshape(len(tops), len(lefts), -1)


@wrong("slide", "numbers of the windows")
def ignores_the_starts(image, tops, lefts, size, classify, batch):
    c = [(t, x) for t in range(len(tops)) for x in range(len(lefts))]
    parts = []
    for k in range(0, len(c), batch):
        cut = [image[t : t + size, x : x + size] for t, x in c[k : k + batch]]
        parts.append(classify(np.stack(cut)))
    return np.concatenate(parts).reshape(len(tops), len(lefts), -1)


@right("slide")
def into_a_prepared_array(image, tops, lefts, size, classify, batch):
    result, n = None, len(tops) * len(lefts)
    for start in range(0, n, batch):
        where = range(start, min(start + batch, n))
        rows, cols = np.unravel_index(list(where), (len(tops), len(lefts)))
        places = zip(tops[rows], lefts[cols])
        cut = np.array([image[t : t + size, x : x + size] for t, x in places], "f4")
        got = classify(cut)
        if result is None:
            result = np.zeros((len(tops), len(lefts), got.shape[1]))
        result[rows, cols] = got
    return result.tolist()


# Hard negatives


@right("hard_negatives")
def by_blotting_out(chances, is_target, count, apart):
    found = []
    for scene, (chance, target) in enumerate(zip(chances, is_target)):
        left = np.where(target, 0, chance)
        for _ in range(count):
            row, column = np.unravel_index(left.argmax(), left.shape)
            if left[row, column] <= 0.5:
                break
            found.append((scene, row, column))
            top, start = max(row - apart + 1, 0), max(column - apart + 1, 0)
            left[top : row + apart, start : column + apart] = 0
    scene, row, column = np.array(found, int).reshape(-1, 3).T
    return scene, row, column


@right("hard_negatives")
def by_sorting_lists(chances, is_target, count, apart):
    scenes, rows, columns = [], [], []
    for scene in range(len(chances)):
        alarms = sorted(
            (
                (float(chances[scene, y, x]), y, x)
                for y in range(chances.shape[1])
                for x in range(chances.shape[2])
                if not is_target[scene, y, x] and chances[scene, y, x] > 0.5
            ),
            reverse=True,
        )
        kept = []
        for _, y, x in alarms:
            if len(kept) == count:
                break
            if all(abs(y - v) >= apart or abs(x - u) >= apart for v, u in kept):
                kept.append((y, x))
        for y, x in kept:
            scenes.append(scene), rows.append(y), columns.append(x)
    return [scenes, rows, columns]


@right("hard_negatives")
def with_a_mask_of_what_is_free(chances, is_target, count, apart):
    chances = np.asfortranarray(chances, dtype=np.float32)
    free = (chances > np.float32(0.5)) & ~np.asfortranarray(is_target)
    rows, columns = np.mgrid[: chances.shape[1], : chances.shape[2]]
    found = [[], [], []]
    for scene in range(len(free)):
        for _ in range(count):
            if not free[scene].any():
                break
            best = np.where(free[scene], chances[scene], -np.inf).argmax()
            row, column = divmod(int(best), chances.shape[2])
            near = np.maximum(abs(rows - row), abs(columns - column)) < apart
            free[scene] &= ~near
            for part, value in zip(found, (scene, row, column)):
                part.append(np.int16(value))
    return tuple(np.array(part, np.int16) for part in found)


def blotted(alarm=None, blot=None, worst=np.argmax, least=0.5):
    def answer(chances, is_target, count, apart):
        found = []
        for scene, (chance, target) in enumerate(zip(chances, is_target)):
            left = (alarm or (lambda c, t: np.where(t, 0.0, c)))(chance, target)
            for _ in range(count):
                row, column = np.unravel_index(worst(left), left.shape)
                if left[row, column] <= least:
                    break
                found.append((scene, row, column))
                if blot is None:
                    top, start = max(row - apart + 1, 0), max(column - apart + 1, 0)
                    left[top : row + apart, start : column + apart] = 0
                else:
                    blot(left, row, column, apart)
        return tuple(np.array(found, int).reshape(-1, 3).T)

    return answer


@wrong("hard_negatives", "You take pixels of the target itself")
def takes_sheep_as_well(*arguments):
    return blotted(lambda chance, target: chance.copy())(*arguments)


@wrong("hard_negatives", "A negative is a pixel of anything else")
def takes_sheep_alone(*arguments):
    return blotted(lambda chance, target: np.where(target, chance, 0))(*arguments)


@wrong("hard_negatives", "Two of yours are neighbours")
def takes_neighbours(*arguments):
    def blot(left, row, column, apart):
        left[row, column] = 0

    return blotted(blot=blot)(*arguments)


@wrong("hard_negatives", "You take pixels that the network gets right")
def fills_up_with_easy_ones(*arguments):
    return blotted(least=0.0)(*arguments)


@wrong("hard_negatives", "one pixel too much distance")
def blots_out_too_much(*arguments):
    def blot(left, row, column, apart):
        top, start = max(row - apart, 0), max(column - apart, 0)
        left[top : row + apart + 1, start : column + apart + 1] = 0

    return blotted(blot=blot)(*arguments)


@wrong("hard_negatives", "A slice that starts below 0")
def lets_the_start_of_a_slice_be_negative(*arguments):
    def blot(left, row, column, apart):
        left[row, column] = 0
        left[row - apart + 1 : row + apart, column - apart + 1 : column + apart] = 0

    return blotted(blot=blot)(*arguments)


@wrong("hard_negatives", "You measure straight lines")
def measures_straight_lines(*arguments):
    def blot(left, row, column, apart):
        rows, columns = np.ogrid[: left.shape[0], : left.shape[1]]
        left[(rows - row) ** 2 + (columns - column) ** 2 < apart**2] = 0

    return blotted(blot=blot)(*arguments)


@wrong("hard_negatives", "so too few are left")
def thins_out_at_the_end(chances, is_target, count, apart):
    found = []
    for scene, (chance, target) in enumerate(zip(chances, is_target)):
        left = np.where(target, 0, chance)
        order = np.argsort(-left, axis=None)[:count]
        kept = []
        for row, column in zip(*np.unravel_index(order, left.shape)):
            if left[row, column] <= 0.5:
                break
            if all(max(abs(row - r), abs(column - c)) >= apart for _, r, c in kept):
                kept.append((scene, row, column))
        found += kept
    return tuple(np.array(found, int).reshape(-1, 3).T)


@wrong("hard_negatives", "one scene may crowd out")
def takes_the_worst_of_all_scenes(chances, is_target, count, apart):
    scene, row, column = by_blotting_out(chances, is_target, 10**6, apart)
    order = np.argsort(-chances[scene, row, column], kind="stable")[:count]
    return scene[order], row[order], column[order]


@wrong("hard_negatives", "Rows and columns are swapped")
def swaps_rows_and_columns(*arguments):
    scene, row, column = by_blotting_out(*arguments)
    return scene, column, row


@wrong("hard_negatives", "The hardest negative has the highest")
def starts_from_the_lowest(chances, is_target, count, apart):
    flipped = np.where(chances > 0.5, 1.5 - chances, chances)
    return by_blotting_out(flipped, is_target, count, apart)


@wrong("hard_negatives", "changes chances in place")
def blots_out_in_place(chances, is_target, count, apart):
    chances[is_target == 1] = 0
    return by_blotting_out(chances, is_target, count, apart)


@wrong("hard_negatives", "3 things")
def returns_pairs(*arguments):
    return np.stack(by_blotting_out(*arguments), axis=1)


def real(chances, is_target, count, apart, level=0.5):
    found = []
    for s in range(len(chances)):
        left = np.where(is_target[s], 0, chances[s])
        for _ in range(count):
            r, c = np.unravel_index(left.argmax(), left.shape)
            if left[r, c] <= level:
                break
            found.append((s, r, c))
            left[
                max(r - apart + 1, 0) : r + apart, max(c - apart + 1, 0) : c + apart
            ] = 0
    return tuple(np.array(found, int).reshape(-1, 3).T)


@wrong("hard_negatives", "one pixel too early")
def blots_out_too_little(chances, is_target, count, apart):
    found = []
    for s in range(len(chances)):
        left = np.where(is_target[s], 0, chances[s])
        for _ in range(count):
            r, c = np.unravel_index(left.argmax(), left.shape)
            if left[r, c] <= 0.5:
                break
            found.append((s, r, c))
            top, start = max(r - apart + 1, 0), max(c - apart + 1, 0)
            left[top : r + apart - 1, start : c + apart - 1] = 0
            left[r, c] = 0
    return tuple(np.array(found, int).reshape(-1, 3).T)


@wrong("hard_negatives", "too little distance")
def half_square(chances, is_target, count, apart):
    found = []
    for s in range(len(chances)):
        left = np.where(is_target[s], 0, chances[s])
        for _ in range(count):
            r, c = np.unravel_index(left.argmax(), left.shape)
            if left[r, c] <= 0.5:
                break
            found.append((s, r, c))
            h = apart // 2
            left[max(r - h, 0) : r + h + 1, max(c - h, 0) : c + h + 1] = 0
    return tuple(np.array(found, int).reshape(-1, 3).T)


@wrong("hard_negatives", "neighbours of the target")
def also_near_targets(chances, is_target, count, apart):
    c2 = chances.copy()
    for s, r, c in np.argwhere(is_target):
        top, start = max(r - apart + 1, 0), max(c - apart + 1, 0)
        c2[s, top : r + apart, start : c + apart] = 0
    return real(c2, is_target, count, apart)


@wrong("hard_negatives", "anew in each scene")
def blots_across_scenes(chances, is_target, count, apart):
    found = []
    blotted = np.zeros(chances.shape[1:], bool)
    for s in range(len(chances)):
        left = np.where(is_target[s] | blotted, 0, chances[s])
        for _ in range(count):
            r, c = np.unravel_index(left.argmax(), left.shape)
            if left[r, c] <= 0.5:
                break
            found.append((s, r, c))
            sl = np.s_[
                max(r - apart + 1, 0) : r + apart, max(c - apart + 1, 0) : c + apart
            ]
            left[sl], blotted[sl] = 0, True
    return tuple(np.array(found, int).reshape(-1, 3).T)


@wrong("hard_negatives", "worst alarm comes first")
def in_reading_order(chances, is_target, count, apart):
    places = sorted(zip(*real(chances, is_target, count, apart)))
    return tuple(np.array(places, int).reshape(-1, 3).T)


@wrong("hard_negatives", "Scenes come in order")
def by_chance_over_all(chances, is_target, count, apart):
    k = np.array(real(chances, is_target, count, apart)).reshape(3, -1)
    return tuple(k[:, np.argsort(-chances[tuple(k)])])


@wrong("hard_negatives", "one place too early")
def one_too_few(chances, is_target, count, apart):
    return real(chances, is_target, count - 1, apart)


@wrong("hard_negatives", "The scenes are missing")
def no_scene(chances, is_target, count, apart):
    return real(chances, is_target, count, apart)[1:]


@right("hard_negatives")
def lists(chances, is_target, count, apart):
    return [list(map(float, x)) for x in real(chances, is_target, count, apart)]


@right("hard_negatives")
def stacked(chances, is_target, count, apart):
    return np.array(real(chances, is_target, count, apart))


# The hunt


TRUTH = np.arange(400).reshape(2, 10, 20) % 4 == 0  # 100 pixels of sheep, 300 others


def chances(alarms):
    """Finds 80 of 100 sheep, and calls so many of 300 others sheep."""
    found = np.full(400, 0.2)
    sheep, others = np.flatnonzero(TRUTH), np.flatnonzero(~TRUTH)
    found[sheep] = np.linspace(0.3, 0.95, 100)
    found[others[:alarms]] = 0.99
    return found.reshape(TRUTH.shape)


answers.call("hunt", lambda check, after: check(after, chances(30), TRUTH))

right("hunt", chances(18), name="exactly_six_tenths")
right("hunt", chances(3).astype(np.float32), name="float32")
right("hunt", (chances(0) / 2).tolist(), name="lower_chances_in_lists")
right("hunt", np.asfortranarray(chances(10) ** 3), name="other_chances_in_this_order")

wrong("hunt", "not by enough", chances(19), name="too_little")
wrong("hunt", "train it on", chances(30), name="the_same_network")
wrong("hunt", "forgotten more than it learned", chances(60), name="a_worse_network")
wrong("hunt", "says the same everywhere", np.zeros(TRUTH.shape), name="never_sheep")
wrong("hunt", "says the same everywhere", np.ones(TRUTH.shape), name="always_sheep")
wrong("hunt", "keeps them finite", chances(3) * np.nan, name="a_network_that_blew_up")
wrong("hunt", "two logits", chances(3)[..., None], name="one_axis_too_many")
wrong("hunt", "Return the network from hunt", "a network", name="no_chances")
