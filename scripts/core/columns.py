"""Names of columns that several tables share. Standard library only."""

BLOCK = ["settings", "implementation", "device", "split"]  # one table for readers
CELL = [*BLOCK, "dataset", "framework"]
RUN_ID = ["settings", "device", "framework", "implementation", "dataset", "split", "replicate", "fold"]
PLANNED = ["replicates", "folds", "folds_ok", "folds_failed"]
FOLDS = [*PLANNED, "folds_flagged"]
PHASES = ["import_s", "load_s", "build_s", "compile_s", "train_s", "predict_s"]
