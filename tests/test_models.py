"""The exported models of both tracks are one model, said twice.

Models and losses are found by themselves: a name that both tracks export and that
makes a model without arguments, or takes (logits, masks). What only one track exports
must be neither: a layer that the other framework already has.
"""

from ast import literal_eval

import numpy as np
import pytest
import tracks

TRACKS = ("pytorch", "tensorflow")


def test_the_tracks_export_the_same_models_and_losses():
    pytorch, tensorflow = tracks.both("exports")
    assert pytorch["models"] == tensorflow["models"]
    assert pytorch["losses"] == tensorflow["losses"]
    assert {"PatchClassifier", "FCN32s", "SegNet", "UNet"} <= set(pytorch["models"])
    assert {"bce", "cross_entropy", "dice_loss", "bce_dice"} <= set(pytorch["losses"])


def test_every_variant_of_a_model_is_compared():
    pytorch, tensorflow = tracks.both("model_answers")
    assert list(pytorch) == list(tensorflow)
    assert ("UNet", "{}") in pytorch
    assert ("UNet", "{'padding': 'valid'}") in pytorch
    assert ("UNet", "{'skips': False}") in pytorch
    assert ("SegNet", "{'widths': (6, 10, 12)}") in pytorch


def each_model():
    """Yield the name of a model with its arguments, and the answers of both tracks."""
    for section in ("every_layer", "model_answers"):
        pytorch, tensorflow = tracks.both(section)
        for name, answers in pytorch.items():
            if name != "refused":
                yield f"{section} {name}", answers, tensorflow[name]


def segmenting(track):
    """Yield name, arguments and answers of the models that give logits of classes."""
    parameters = tracks.answer(track, "exports")["models"]
    for (name, options), answers in tracks.answer(track, "model_answers").items():
        given = {key: default for key, _, default in parameters[name]}
        given |= {key: repr(value) for key, value in literal_eval(options).items()}
        one_output = all(len(outputs) == 1 for outputs in answers["outputs"])
        of_images = all(len(size) == 2 for size in answers["takes"])
        if "classes" in given and one_output and of_images:
            yield name, given, answers


def test_models_have_the_same_layers_and_as_many_parameters():
    for name, one, other in each_model():
        assert one["shapes"] == other["shapes"], name
        assert one["parameters"] == other["parameters"], name
        trained = [
            np.prod(shape)
            for shapes in one["shapes"]
            for shape in (shapes[:2] if len(shapes) == 4 else shapes)
        ]
        assert one["parameters"] == sum(trained), name


def test_the_same_weights_give_the_same_outputs():
    for name, one, other in each_model():
        for size, outputs, twins in zip(
            one["takes"], one["outputs"], other["outputs"], strict=True
        ):
            for output, twin in zip(outputs, twins, strict=True):
                output = tracks.channels_last(output, twin)
                assert output.shape == twin.shape, (name, size)
                assert np.abs(output - twin).max() <= 1e-4, (name, size)
                assert output.std() > 0.01, f"{name} {size}: hardly depends on it"


def test_the_weights_of_a_model_are_stored_alike():
    for name, one, other in each_model():
        for number, (array, twin) in enumerate(
            zip(one["stored"], other["stored"], strict=True)
        ):
            assert np.array_equal(array, twin), f"{name}, array {number}"


def test_weights_of_another_model_are_refused_alike():
    one, other = (found["refused"] for found in tracks.both("every_layer"))
    assert one == other
    assert one.startswith("ValueError: 1 arrays do not fit the 4 of this model")


def test_an_image_gives_one_logit_a_pixel_and_class():
    for name, given, answers in segmenting("tensorflow"):
        # By 2 * 7 convolutions, on 4 levels.
        lost = 88 if given.get("padding") == "'valid'" else 0
        for size, (logits,) in zip(answers["takes"], answers["outputs"], strict=True):
            pixels = () if name == "PatchClassifier" else (s - lost for s in size)
            assert logits.shape == (2, *pixels, int(given["classes"])), (name, given)


def test_models_return_logits_and_no_probabilities():
    for name, given, answers in segmenting("pytorch"):
        logits = np.concatenate([logits.ravel() for (logits,) in answers["outputs"]])
        assert np.isfinite(logits).all(), (name, given)
        assert ((logits < 0) | (logits > 1)).any(), (name, given)


def test_the_same_error_gives_the_same_finite_gradients():
    for name, one, other in each_model():
        pairs = zip(one["gradients"], other["gradients"], strict=True)
        for number, (layer, same) in enumerate(pairs):
            # A unit on the edge of its ReLU may count in one track alone, and a bias
            # before a batch normalisation has a gradient of rounding errors alone:
            # so a layer is measured as a whole. Found apart: 1.2 % at most.
            whole = length(layer)
            assert 0 < whole < np.inf and length(same) < np.inf, (name, number)
            apart = [array - twin for array, twin in zip(layer, same, strict=True)]
            assert length(apart) <= 0.03 * whole, (name, number)


def length(arrays):
    """The length of all the arrays as one vector."""
    return np.sqrt(sum((array**2).sum(dtype=np.float64) for array in arrays))


def test_training_moves_the_statistics_of_batch_normalisation_alike():
    for name, one, other in each_model():
        pairs = zip(one["statistics"], other["statistics"], strict=True)
        for (mean, variance), (same_mean, same_variance) in pairs:
            assert np.allclose(mean, same_mean, atol=1e-4), name
            assert np.allclose(variance, same_variance, rtol=1e-4), name


def test_first_weights_are_drawn_with_the_same_spread():
    for name, one, other in each_model():
        if name.startswith("every_layer"):
            continue  # made of the frameworks' own first weights
        pairs = zip(one["first"], other["first"], strict=True)
        for number, (layer, same) in enumerate(pairs):
            for (size, mean, spread), (_, other_mean, other_spread) in zip(
                layer, same, strict=True
            ):
                place = f"{name}, layer {number}"
                if spread == 0 or other_spread == 0:  # ones, or zeros
                    assert (mean, spread) == (other_mean, other_spread), place
                else:
                    # Five standard errors of the ratio of two spreads of n numbers.
                    assert abs(spread / other_spread - 1) < 5 / size**0.5, place


@pytest.mark.parametrize("track", TRACKS)
def test_an_image_that_cannot_be_halved_is_refused_not_cut(track):
    for name, answer in tracks.answer(track, "odd_sizes").items():
        if name == "PatchClassifier" or isinstance(answer, str):
            assert "Error" in answer, f"{name}: {answer}"
        elif len(answer) == 1:
            assert {20, 28} < set(answer[0]), f"{name}: {answer}"
    assert isinstance(tracks.answer(track, "odd_sizes")["UNet"], str)


def test_losses_have_the_same_values_and_gradients():
    pytorch, tensorflow = tracks.both("loss_values")
    compared = set()
    for (name, given), one in pytorch.items():
        other = tensorflow[name, given]
        if isinstance(one, str) or isinstance(other, str):
            continue  # not for so many classes
        (value, gradient), (same, twin) = one, other
        assert np.isfinite(value) and np.isfinite(gradient).all(), (name, given)
        assert abs(value - same) <= 1e-5 * max(1, abs(value)), (name, given)
        assert np.abs(gradient - twin).max() <= 1e-6, (name, given)
        compared.add(name)
    assert compared == {name for name, _ in pytorch}


def test_a_random_answer_has_a_loss_to_learn_from():
    """The gradient points somewhere, and a right answer costs less than a wrong one."""
    answers = tracks.answer("pytorch", "loss_values")
    for name in {name for name, _ in answers}:
        answer = answers[name, "1, random"]
        if isinstance(answer, str):  # takes a channel for each of several classes
            answer = answers[name, "5, random"]
        assert answer[0] > 0 and np.abs(answer[1]).max() > 0, name


POOLED = np.array([[1, 5, 2, 0], [3, 4, 0, 9], [8, 0, 1, 1], [0, 0, 1, 7]])
UNPOOLED = np.array([[0, 5, 0, 0], [0, 0, 0, 9], [8, 0, 0, 0], [0, 0, 0, 7]])


@pytest.mark.parametrize("track", TRACKS)
def test_unpooling_puts_each_maximum_back_where_it_was(track):
    found = tracks.answer(track, "unpooling")
    assert found["by hand"].shape == (1, 4, 4, 1)
    assert np.array_equal(found["by hand"][0, :, :, 0], UNPOOLED)


def test_unpooling_is_the_same_in_a_batch_with_channels():
    one, other = (found["random"] for found in tracks.both("unpooling"))
    assert one.shape == (3, 8, 12, 4)
    assert np.array_equal(one, other)
    assert (one != 0).sum() == one.size / 4, "one maximum for each 2 x 2 pixels"


@pytest.mark.parametrize("track", TRACKS)
def test_a_bilinear_kernel_is_a_tent_whose_stamps_add_up_to_one(track):
    kernels = tracks.answer(track, "bilinear_kernels")
    assert kernels[1].tolist() == [[1]]
    row = np.array([1, 3, 3, 1]) / 4
    assert np.array_equal(kernels[2], np.outer(row, row))
    row = np.array([1, 2, 3, 2, 1]) / 3
    assert np.allclose(kernels[3], np.outer(row, row))
    for factor, kernel in kernels.items():
        assert kernel.dtype == np.float32
        # A flat picture stays flat: what is written to each kind of pixel adds up to 1.
        for row, column in np.ndindex(factor, factor):
            assert np.isclose(kernel[row::factor, column::factor].sum(), 1)


def test_roi_align_of_tensorflow_is_that_of_torchvision():
    pytorch, tensorflow = tracks.both("aligned_regions")
    for size, aligned in pytorch.items():
        assert aligned.shape == (44, size, size, 5)
        assert np.abs(aligned - tensorflow[size]).max() <= 1e-4, size
