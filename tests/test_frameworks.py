"""utils.pytorch and utils.tensorflow do the same; each runs in a process of its own."""

import itertools

import numpy as np
import pytest
import tracks
from in_both import LEGAL, SHAPES, skin
from scipy import ndimage

from utils.training import Augmentation

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
