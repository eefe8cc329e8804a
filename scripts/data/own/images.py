"""A folder of images by class: a folder a class, whose name is that of the class; PNG and JPEG files."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from scripts.core.errors import UserError
from scripts.data.own.source import Source

SUFFIXES = (".png", ".jpg", ".jpeg")
GREY = ("1", "L", "LA")  # modes of Pillow: with these in all images there is one channel, else three
COLOUR = (
    "P",
    "PA",
    "RGB",
    "RGBA",
    "CMYK",
    "YCbCr",
)  # no others: of 16 bits Pillow would keep the lowest 255 values


def read_folder(source: Source) -> tuple[np.ndarray, np.ndarray]:
    """Return images, uint8 (rows, height, width, channels), and the name of each row's class.

    Files are in the order of their names. An image is turned as its camera says, transparency is dropped.
    With `image_size` each is resized to that, whatever its proportions (bilinear, with antialiasing); without
    it all must have one size. Raises UserError naming the file.
    """
    (folder,) = source.paths
    files = image_files(folder)
    channels = 1 if {mode(file) for file in files} <= set(GREY) else 3
    height, width = source.image_size or size(files[0])
    x = np.empty((len(files), height, width, channels), np.uint8)
    for place, file in enumerate(files):
        if not source.image_size and size(file) != (height, width):
            own, first = size(file), (height, width)
            raise UserError(
                f"{file}: is {own[0]} x {own[1]} pixels (height x width), {files[0].name} is {first[0]} x"
                f" {first[1]}: with image_size: [HEIGHT, WIDTH] all are resized"
            )
        x[place] = pixels(file, channels, (height, width))
    return x, np.array([file.parent.name for file in files])


def image_files(folder: Path) -> list[Path]:
    """List the images of all classes. Raises UserError for a folder without classes, or other files in it."""
    classes = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not classes:
        raise UserError(f"{folder}: has no folders; each class needs one, with its images")
    found = []
    for each in classes:
        files = sorted(path for path in each.iterdir() if not path.name.startswith("."))
        files = [path for path in files if path.name != "Thumbs.db"]
        others = [path for path in files if path.suffix.lower() not in SUFFIXES or not path.is_file()]
        if others:
            raise UserError(
                f"{others[0]}: is no PNG or JPEG file; only images may be in the folder of a class"
            )
        if not files:
            raise UserError(f"{each}: has no image; a class needs at least one")
        found += files
    return found


def mode(file: Path) -> str:
    """Return Pillow's mode of an image, without reading its pixels. Raises UserError for more than 8 bits."""
    with opened(file) as image:
        if image.mode not in (*GREY, *COLOUR):
            raise UserError(f"{file}: has more than 8 bits a value (mode {image.mode}): make 8 of them first")
        return image.mode


def size(file: Path) -> tuple[int, int]:
    """Return height and width of an image, turned as its camera says."""
    with opened(file) as image:
        sideways = image.getexif().get(0x0112, 1) >= 5  # orientations 5 to 8 swap the axes
        return (image.width, image.height) if sideways else (image.height, image.width)


def pixels(file: Path, channels: int, shape: tuple[int, int]) -> np.ndarray:
    """Return an image as uint8 (height, width, channels), resized where its size is another."""
    with opened(file) as image:
        try:
            turned = ImageOps.exif_transpose(image)
            plain = turned.convert("L" if channels == 1 else "RGB")
        except (OSError, SyntaxError, ValueError) as error:
            raise UserError(f"{file}: its pixels cannot be read ({error})") from None
    height, width = shape
    if plain.size != (width, height):
        plain = plain.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(plain, np.uint8).reshape(height, width, channels)


def opened(file: Path) -> Image.Image:
    """Open an image. Raises UserError if it is none."""
    try:
        return Image.open(file)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise UserError(f"{file}: cannot be read as an image ({error})") from None
