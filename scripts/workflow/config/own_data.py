"""The type of an entry of `data.own` in the config."""

from pathlib import PurePath
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from scripts.data.own.source import ARRAYS, TABLES
from scripts.workflow.config.section import OMITTED, Count, Section, Text

FILES, IMAGE_FOLDER = (*TABLES, *ARRAYS), "a folder of images by class"


class OwnData(Section):
    file: Text = Field(
        OMITTED,
        description=f"All of the data: {', '.join(FILES)}, or {IMAGE_FOLDER}; paths are relative to where"
        " snakemake is called",
    )
    x: Text = Field(OMITTED, description="Rows, where they and the labels have a file each: .npy or IDX")
    y: Text = Field(OMITTED, description="Labels: .npy or IDX")
    sklearn: Literal["iris", "wine", "breast_cancer"] = Field(
        OMITTED, description="Instead of files: a dataset that comes with scikit-learn"
    )
    label: Text = Field(OMITTED, description=f"Column of the classes; of {', '.join(TABLES)}")
    image_size: Annotated[list[Count], Field(min_length=2, max_length=2)] = Field(
        OMITTED, description="Height and width to which images are resized; left out: all have one size"
    )
    standardize: bool = Field(
        OMITTED, description="Features get mean 0 and standard deviation 1, over all rows"
    )

    @model_validator(mode="after")
    def is_one_kind(self) -> "OwnData":
        """Return the entry. Raises PydanticCustomError for keys that lack each other, or do not fit."""
        given = {name for name in self.model_fields_set if getattr(self, name) is not None}
        if "sklearn" in given:
            if others := sorted(given - {"sklearn", "standardize"}):
                words = "has both sklearn and {other}: it needs no file"
                raise PydanticCustomError("whole", words, {"other": others[0]})
            return self
        if "file" in given and given & {"x", "y"}:
            raise PydanticCustomError(
                "whole", "has both file and x or y: file holds all, x and y one array each"
            )
        if "file" not in given and not {"x", "y"} <= given:
            raise PydanticCustomError("whole", "needs file, x and y, or sklearn")
        suffix = PurePath(self.file).suffix.lower() if "file" in given else ".npy"
        if suffix in TABLES and "label" not in given:
            raise PydanticCustomError("whole", "needs label, the name of the column that holds the classes")
        if suffix not in TABLES and "label" in given:
            raise PydanticCustomError("whole", f"label is for {', '.join(TABLES)} alone")
        if suffix in (*FILES, ".npy") and "image_size" in given:
            raise PydanticCustomError("whole", f"image_size is for {IMAGE_FOLDER} alone")
        return self
