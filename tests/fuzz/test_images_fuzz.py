"""Images of any form, sound and damaged: they are read, or refused in a sentence, and come back."""

import gzip
import io
import random
import shutil
import struct
import tempfile
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from fuzzing import bounded, mutated
from image_exports import assert_same
from PIL import Image

from synth_dl.errors import SynthError
from synth_dl.images.codec import ImageCodec
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.exports import read_export
from synth_dl.images.reading.memory import images_in_memory
from synth_dl.images.reading.mnist import HASHES
from synth_dl.images.reading.pixels import Declared
from synth_dl.images.reading.sources import ImageSources, load_images
from synth_dl.images.writing.export import ImageWriter

DTYPES = (
    *("u1", "f4", "f8", "u2") * 5,
    *("?", "u1", "i1", "<u2", ">u2", "<i4", ">i8", "<f2", ">f4", "<f8", "c8", "S3", "U2", "O"),
    *("M8[s]", "u1,f4"),
)
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "I", "I;16", "F", "YCbCr", "LAB", "HSV")
FORMATS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP", "gif": "GIF", "tiff": "TIFF", "bmp": "BMP"}
FOLDERS = (
    *("", "", "a", "a", "b", "b", "train/a", "train/b", "test/a", "val/b", "train", "test"),
    *("a/train", "a/test", "data/a", "data/b", ".git", "a/deep/er", "%2F", "ö\n", "__MACOSX"),
)
CLASSES = ("a", "b/c", "", "..", "\x1b[2J", "Zürich ✓", "nan", "%41", "manifest.json", "x" * 90)


def fits(generator: random.Random) -> int:
    return generator.choice((0, 3, 12, 20, 20, 20, 20, 20, 20, 20, 20, 30))


def an_array(generator: random.Random, images: bool = True) -> Any:
    """An array of any layout, type and range, with what libraries make of one."""
    numbers = np.random.default_rng(generator.randrange(2**32))
    if generator.random() < 0.6:
        return a_usual_array(numbers, generator, images)
    count, side, channels = fits(generator), generator.choice((0, 1, 3, 4, 8)), (1, 2, 3, 4)
    depth = generator.choice(channels)
    shapes = [(count, side, 5), (count, side, 5, depth), (count, depth, side, 5), (side, 5, count)]
    shapes += [(count, 64), (count,), (), (2, count, side, 5, 3)]
    shapes += [(count, 4, 4), (count, 8, 8, 3), (count, 3, 4, 5)] * 4
    named = [(count,)] * 6 + [(count, 1), (count, 3), ()]
    shape = generator.choice(shapes if images else named)
    ranges = [(0, 1), (0, 2), (0, 17), (-1, 1), (0, 4096), (0, 65536), (-3, 3), (-1e300, 1e300)]
    low, high = generator.choice([*ranges, *[(0, 256)] * 6] if images else [(0, 3)] * 6 + ranges)
    values = low + numbers.random(shape) * (high - low)
    if generator.random() < 0.6:
        values = np.floor(values)
    if generator.random() < 0.1 and values.size:
        values.flat[0] = generator.choice((np.nan, np.inf, -0.0, 1e30))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        array = np.asarray(values).astype(generator.choice(DTYPES))
    if generator.random() < 0.2:
        array = np.asfortranarray(array)
    match generator.randrange(8):
        case 0 if array.dtype.kind in "uif" and array.dtype.isnative and array.dtype != np.uint16:
            return torch.from_numpy(np.ascontiguousarray(array))
        case 1:
            return list(array) if np.ndim(array) else array
        case 2:
            return array.tolist()
    return array


def a_usual_array(
    numbers: np.random.Generator, generator: random.Random, images: bool
) -> np.ndarray:
    """20 images, or as many labels."""
    if not images:
        names = np.array(generator.choice((["a", "b", "ö"], [0, 1, 7], [1.0, 2.0, 3.0])))
        return names[np.arange(20) % 3]
    shape = generator.choice(((20, 4, 4), (20, 8, 8, 1), (20, 8, 8, 3), (20, 3, 4, 5)))
    levels = generator.choice((2, 17, 256, 256, 4096))
    whole = numbers.integers(0, levels, shape)
    if levels == 4096 or generator.random() < 0.5:
        return whole.astype(np.uint16 if levels > 256 else np.uint8)
    return (whole / 255 * generator.choice((1, 2)) - generator.choice((0, 1))).astype(np.float32)


def an_image(generator: random.Random, size: tuple[int, int]) -> Image.Image:
    numbers = np.random.default_rng(generator.randrange(2**32))
    mode = generator.choice(MODES)
    if mode == "I;16":
        top = generator.choice((256, 4096, 65536))
        return Image.fromarray(numbers.integers(0, top, size[::-1], np.uint16))
    image = Image.fromarray(numbers.integers(0, 256, (*size[::-1], 3), np.uint8))
    try:
        return image.convert(mode)
    except ValueError:
        return image.convert("L").convert(mode) if mode not in ("LAB", "HSV") else image


def an_image_file(
    generator: random.Random, size: tuple[int, int], endings: Sequence[str] = tuple(FORMATS)
) -> tuple[str, bytes]:
    ending = generator.choice(endings)
    held, more = io.BytesIO(), {}
    if generator.random() < 0.2 and ending in ("gif", "webp", "png", "tiff"):
        more = {"save_all": True, "append_images": [an_image(generator, size)]}
    exif = Image.Exif()
    exif[0x0112] = generator.randint(0, 9)
    try:
        an_image(generator, size).save(held, FORMATS[ending], exif=exif, **more)
    except (OSError, ValueError, SystemError, AttributeError):  # not every mode in every format
        an_image(generator, size).convert("RGB").save(held, FORMATS[ending])
    return ending, held.getvalue()


def broken(data: bytes, generator: random.Random, share: float = 0.15) -> bytes:
    return mutated(data, generator) if generator.random() < share else data


def a_folder(root: Path, generator: random.Random) -> ImageSources:
    size, equal = (generator.choice((1, 4, 8)), generator.choice((4, 8))), generator.random() < 0.7
    places = generator.sample(FOLDERS, generator.randint(1, 4))
    share = generator.choice((0, 0, 0.1))
    ending, same = an_image_file(generator, size)
    one_kind = generator.random() < 0.5
    for number in range(generator.choice((0, 3, 30, 30, 30))):
        folder = root / generator.choice(places)
        folder.mkdir(parents=True, exist_ok=True)
        data = same
        if not one_kind:
            other = size if equal else (size[0] + number % 3, size[1])
            ending, data = an_image_file(generator, other)
        (folder / f"{number:02}.{ending}").write_bytes(broken(data, generator, share))
    for name in ("Thumbs.db", ".DS_Store", "list.txt", "._0.png", "manifest.json"):
        if generator.random() < 0.2:
            (root / name).write_bytes(mutated(b'{"levels": 4, "classes": ["a"]}', generator))
    more = {"size": generator.choice((None, None, 4)), "classes": generator.random() < 0.8}
    more |= {"background": generator.choice(("white", "black"))}
    return load_images({"source": "image_folder", "root": str(root), **more}, 0)


def an_npz(root: Path, generator: random.Random) -> ImageSources:
    path = root / "images.npz"
    names = generator.choice(
        (("images", "labels"), ("x", "y"), ("arr_0", "arr_1"), ("x_train", "y_train"))
    )
    arrays = {names[0]: an_array(generator), names[1]: an_array(generator, images=False)}
    if generator.random() < 0.1:
        arrays["classes"] = an_array(generator, images=False)
    if generator.random() < 0.1:
        arrays["levels"] = generator.choice((2, 17, 256, 0, 1.5, "x", [2, 3], 10**30))
    if generator.random() < 0.3:
        del arrays[names[1]]
    with path.open("wb") as file:
        try:
            np.savez_compressed(file, **arrays)
        except ValueError:  # of lists that NumPy takes for no array
            np.savez_compressed(file, images=np.zeros((20, 4, 4)))
    path.write_bytes(broken(path.read_bytes(), generator))
    sources = load_images({"source": "npz", "path": str(path)}, 0)
    with suppress(SynthError):
        read_export(path)
    return sources


def idx_files(root: Path, generator: random.Random) -> ImageSources:
    kinds = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
    kind, top = generator.choice(tuple(kinds)), generator.choice((1, 100, 127, 300))
    for name in HASHES:
        count = 24 if "train" in name else 5
        shape = (count, 4, 5) if "images" in name else (count,)
        values = np.arange(np.prod(shape)).reshape(shape) % (top if "images" in name else 3)
        head = struct.pack(f">BBBB{len(shape)}I", 0, 0, kind, len(shape), *shape)
        data = broken(head + values.astype(kinds[kind]).tobytes(), generator, 0.15)
        if generator.random() < 0.5:
            (root / f"{name}.gz").write_bytes(broken(gzip.compress(data), generator, 0.1))
        else:
            (root / name).write_bytes(data)
    return load_images({"source": "mnist", "root": str(root)}, 0)


def in_memory(root: Path, generator: random.Random) -> ImageSources:
    images = an_array(generator)
    if generator.random() < 0.3:
        sizes = generator.choice(([(8, 8)], [(8, 8)], [(8, 8), (4, 8)]))
        images = [an_image(generator, generator.choice(sizes)) for _ in range(20)]
        if generator.random() < 0.5:
            images = [image.convert("RGB") for image in images]
    labels = None if generator.random() < 0.5 else an_array(generator, images=False)
    if generator.random() < 0.2:
        labels = generator.choices(("a", "\ud800", 1, None, b"\xff", "a\0", 2.5), k=20)
    declared = Declared(
        generator.choice((None, None, 2, 256)),
        generator.choice((None, None, "first", "last")),
        generator.choice((None, None, (0, 255), (-1, 1), (0, 4095))),
    )
    return images_in_memory(images, labels, declared, 0)


def a_parquet_file(root: Path, generator: random.Random) -> ImageSet:
    path, count = root / "images.parquet", generator.choice((0, 1, 12, 12))
    endings = generator.choice((["png"], tuple(FORMATS)))
    files = [an_image_file(generator, (4, 4), endings)[1] for _ in range(count)]
    data: list[Any] = [broken(file, generator, 0.05) for file in files]
    if generator.random() < 0.2 and count:
        data[0] = generator.choice((None, b"", b"\x89PNG"))
    if generator.random() < 0.3:
        data = [{"bytes": each, "path": None} for each in data]
    table = pa.table({"image": data, "label": generator.choices(("a", "b", "é"), k=count)})
    if generator.random() < 0.3:
        table = table.drop_columns(["label"])
    manifest = broken(b'{"levels": 4, "classes": ["a", "b", "\xc3\xa9"]}', generator, 0.3)
    if generator.random() < 0.3:
        table = table.replace_schema_metadata({b"synth_dl": manifest})
    pq.write_table(table, path)
    path.write_bytes(broken(path.read_bytes(), generator))
    return read_export(path)


READERS: tuple[Callable[[Path, random.Random], ImageSources | ImageSet], ...] = (
    a_folder, an_npz, idx_files, in_memory, a_parquet_file,
)  # fmt: skip


def goes_around(images: ImageSet, root: Path, generator: random.Random) -> None:
    """What is exported is read again as it was."""
    images = images.take(slice(0, 12))
    for out in generator.sample(("images.npz", "images.parquet", "images"), 2):
        codec = ImageCodec(*images.shape, images.levels, images.classes)
        with ImageWriter(root / out, codec, {"seed": generator.randrange(2**70)}) as writer:
            writer.write(images.take(slice(0, 5)))
            writer.write(images.take(slice(5, None)))
        assert_same(read_export(root / out), images)
        (root / "images.png").unlink(missing_ok=True)


def a_case(seed: int, readers: Sequence[Callable] = READERS) -> bool:
    """Whether the images of a seed are read; they may be refused by an error of ours only."""
    generator = random.Random(seed)
    root = Path(tempfile.mkdtemp())
    try:
        (root / "in").mkdir()
        (root / "out").mkdir()
        found = generator.choice(readers)(root / "in", generator)
    except SynthError as error:
        said = str(error)
    else:
        part = found if isinstance(found, ImageSet) else found.train
        assert part.pixels.size, "empty images were read"
        goes_around(part, root / "out", generator)
        return True
    finally:
        shutil.rmtree(root, ignore_errors=True)
    assert 20 < len(said) < 1000, f"no sentence: {said}"
    return False


def test_images_are_read_or_refused(fuzz_seeds: range) -> None:
    read = 0
    for seed in fuzz_seeds:
        try:
            with bounded():
                read += a_case(seed)
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
    assert len(fuzz_seeds) < 50 or read > 1


def test_exports_with_names_that_are_hard_to_write(fuzz_seeds: range, tmp_path: Path) -> None:
    for seed in fuzz_seeds:
        if seed % 5:
            continue
        generator, numbers = random.Random(seed), np.random.default_rng(seed)
        classes = tuple(generator.sample(CLASSES, generator.randint(0, 4)))
        levels, channels = generator.randint(2, 256), generator.choice((1, 3))
        pixels = numbers.integers(0, levels, (7, generator.randint(1, 4), 3, channels), np.uint8)
        labels = numbers.integers(0, len(classes), 7) if classes else None
        folder = tmp_path / str(seed)
        folder.mkdir()
        goes_around(ImageSet(pixels, levels, labels, classes), folder, generator)
