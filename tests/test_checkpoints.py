"""Weights go through one small file, from either track into either track."""

import numpy as np
import pytest
import tracks

from utils import checkpoints

TRACKS = ("pytorch", "tensorflow")


@pytest.mark.parametrize("track", TRACKS)
def test_a_model_gets_its_weights_back_from_a_file(track):
    found = tracks.answer(track, "weight_files")
    for before, after in zip(found["before"], found["after"], strict=True):
        # Kernels lose half of their digits, vectors keep them.
        assert np.allclose(before, after, rtol=1e-3 if before.ndim > 1 else 0)
    before, after = found["logits"]
    assert np.abs(before - after).max() < 0.01 * np.abs(before).max()


def test_both_tracks_read_the_same_weights():
    pytorch, tensorflow = tracks.both("weight_files")
    for one, other in zip(pytorch["after"], tensorflow["after"], strict=True):
        assert np.array_equal(one, other)


def test_the_weights_of_the_course_give_the_same_logits_in_both_tracks():
    pytorch, tensorflow = tracks.both("weight_files")
    one = tracks.channels_last(pytorch["shipped"], tensorflow["shipped"])
    assert np.abs(one - tensorflow["shipped"]).max() <= 1e-4
    assert pytorch["shipped"].std() > 0.01


def test_the_models_of_the_meadow_give_the_same_logits_in_both_tracks():
    pytorch, tensorflow = tracks.both("meadow_files")
    assert list(pytorch) == list(tensorflow) and "unet" in pytorch
    for name, logits in pytorch.items():
        apart = tracks.channels_last(logits, tensorflow[name]) - tensorflow[name]
        assert np.abs(apart).max() <= 1e-3, name  # trained logits reach 50
        assert np.ptp(logits) > 5, f"{name} is not trained"


@pytest.mark.parametrize("track", TRACKS)
def test_a_wrong_file_is_told_in_one_sentence(track):
    refused = tracks.answer(track, "weight_files")["refused"]
    assert "weights.npz holds the weights of another model" in refused["another model"]
    assert "half.npz holds no weights or is damaged" in refused["half a file"]
    assert "text.npz holds no weights or is damaged" in refused["a text"]
    assert "none.npz does not exist" in refused["no file"]
    for text in refused.values():
        assert "\n" not in text and text.endswith(".")


@pytest.mark.parametrize("track", TRACKS)
def test_nothing_half_written_is_left(track):
    left = tracks.answer(track, "weight_files")["left"]
    assert left == ["half.npz", "text.npz", "weights.npz"]


def test_an_older_file_survives_a_full_disk(tmp_path, monkeypatch):
    path = tmp_path / "weights.npz"
    checkpoints.write(path, [np.arange(3.0)])

    def full(file, *arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="No space"):
        checkpoints.write(path, [np.arange(4.0)])
    monkeypatch.undo()
    assert checkpoints.read(path, [(3,)])[0].tolist() == [0, 1, 2]
    assert [each.name for each in tmp_path.iterdir()] == ["weights.npz"]


def test_the_file_of_the_course_is_small_and_not_pickled():
    assert checkpoints.SKIN.stat().st_size < 2e6
    with np.load(checkpoints.SKIN, allow_pickle=False) as stored:
        dtypes = {stored[name].dtype for name in stored.files}
    assert dtypes == {np.dtype(np.float16), np.dtype(np.float32)}


def test_the_models_of_the_meadow_are_found_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    checkpoints.write(tmp_path / "meadow_unet.npz", [np.zeros(3)])
    assert checkpoints.meadow("unet") == tmp_path / "meadow_unet.npz"
    with pytest.raises(FileNotFoundError, match="there are weights of unet"):
        checkpoints.meadow("net")
