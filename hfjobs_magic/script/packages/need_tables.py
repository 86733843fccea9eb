"""Tables for `hfjobs_magic.script.packages.needs`: what well-known calls need that their package does not bring.

Each is from the package's documentation or from what it raises; those of transformers are the ``requires`` and
``requires_backends`` of its 5.18.
"""

from __future__ import annotations

_DRAWS: dict[str, tuple[str, ...]] = dict.fromkeys(
    ("ConfusionMatrixDisplay", "RocCurveDisplay", "PrecisionRecallDisplay"), ("matplotlib",)
)
_LOGGERS: dict[str, tuple[str, ...]] = {
    "TensorBoardLogger": ("tensorboard",),
    "WandbLogger": ("wandb",),
    "MLFlowLogger": ("mlflow",),
}
_IMAGES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("load_img", "save_img", "image_dataset_from_directory"), ("pillow",)),
    "ImageDataGenerator": ("pillow", "scipy"),
    "plot_model": ("pydot",),
}

CALLS: dict[str, dict[str, tuple[str, ...]]] = {
    "transformers": {
        **dict.fromkeys(
            ("Trainer", "TrainingArguments", "Seq2SeqTrainer", "Seq2SeqTrainingArguments"), ("accelerate",)
        ),
        "BitsAndBytesConfig": ("bitsandbytes",),
        "GPTQConfig": ("optimum", "gptqmodel"),
        "AwqConfig": ("autoawq",),
        "HqqConfig": ("hqq",),
        "QuantoConfig": ("optimum-quanto",),
        "TorchAoConfig": ("torchao",),
        "pipeline": ("torch",),
        "AutoImageProcessor": ("pillow",),
        "AutoVideoProcessor": ("torchvision",),
        "TimmBackbone": ("timm",),
        "DetrForObjectDetection": ("timm",),
        "LayoutLMv2Processor": ("pytesseract",),
        "LayoutLMv3Processor": ("pytesseract",),
        "Wav2Vec2ProcessorWithLM": ("pyctcdecode",),
        "ASTFeatureExtractor": ("torchaudio",),
        "Speech2TextProcessor": ("sentencepiece", "torchaudio"),
        "SiglipTokenizer": ("sentencepiece", "protobuf"),
        **dict.fromkeys(
            ("T5Tokenizer", "LlamaTokenizer", "XLMRobertaTokenizer", "AlbertTokenizer"), ("sentencepiece",)
        ),
        **dict.fromkeys(("MarianTokenizer", "M2M100Tokenizer", "PLBartTokenizer"), ("sentencepiece",)),
        **dict.fromkeys(("SpeechT5Processor", "SpeechT5Tokenizer", "GPTSw3Tokenizer"), ("sentencepiece",)),
    },
    "sentence_transformers": {
        **dict.fromkeys(("SentenceTransformerTrainer", "CrossEncoderTrainer"), ("accelerate", "datasets")),
        "SentenceTransformerTrainingArguments": ("accelerate",),
    },
    "diffusers": {
        "enable_model_cpu_offload": ("accelerate",),
        "enable_sequential_cpu_offload": ("accelerate",),
        "enable_xformers_memory_efficient_attention": ("xformers",),
        "load_lora_weights": ("peft",),
        "export_to_video": ("imageio", "imageio-ffmpeg"),
    },
    "pandas": {
        **dict.fromkeys(("read_parquet", "to_parquet", "read_feather", "to_feather", "read_orc"), ("pyarrow",)),
        **dict.fromkeys(("read_excel", "to_excel", "ExcelWriter", "ExcelFile"), ("openpyxl",)),
        **dict.fromkeys(("read_html", "read_xml", "to_xml"), ("lxml",)),
        **dict.fromkeys(("read_hdf", "to_hdf"), ("tables",)),
        "to_markdown": ("tabulate",),
        "to_latex": ("jinja2",),
        "to_xarray": ("xarray",),
        "read_spss": ("pyreadstat",),
        **dict.fromkeys(("scatter_matrix", "background_gradient", "text_gradient"), ("matplotlib",)),
    },
    "plotly": {"write_image": ("kaleido",), "write_images": ("kaleido",), "to_image": ("kaleido",)},
    "polars": {
        "read_excel": ("fastexcel",),
        "write_excel": ("xlsxwriter",),
        "to_pandas": ("pandas", "pyarrow"),
    },
    "sklearn": {**_DRAWS, "plot_tree": ("matplotlib",), "fetch_openml": ("pandas",)},
    "networkx": {
        **dict.fromkeys(
            ("draw", "draw_networkx", "draw_networkx_nodes", "draw_networkx_edges", "draw_spring"), ("matplotlib",)
        ),
        **dict.fromkeys(("pagerank", "to_scipy_sparse_array", "spectral_layout"), ("scipy",)),
        **dict.fromkeys(("from_pandas_edgelist", "to_pandas_edgelist", "to_pandas_adjacency"), ("pandas",)),
    },
    "xarray": {
        **dict.fromkeys(("open_dataset", "open_mfdataset", "to_netcdf"), ("netCDF4",)),
        **dict.fromkeys(("open_zarr", "to_zarr"), ("zarr",)),
        "open_mfdataset": ("dask", "netCDF4"),
    },
    "torchvision": {"CocoDetection": ("pycocotools",), "SVHN": ("scipy",), "read_video": ("av",)},
    "optuna": {
        **dict.fromkeys(("plot_optimization_history", "plot_parallel_coordinate", "plot_contour"), ("plotly",)),
        "plot_param_importances": ("plotly", "scikit-learn"),
    },
    "keras": _IMAGES,
    "tensorflow": _IMAGES,
    "lightning": _LOGGERS,
    "pytorch_lightning": _LOGGERS,
    "gymnasium": {"RecordVideo": ("moviepy",)},
    "langchain_community": {
        "HuggingFaceEmbeddings": ("sentence-transformers",),
        "FAISS": ("faiss-cpu",),
        "Chroma": ("chromadb",),
        "PyPDFLoader": ("pypdf",),
        "WebBaseLoader": ("beautifulsoup4",),
        "ArxivLoader": ("arxiv",),
        "WikipediaLoader": ("wikipedia",),
        "BM25Retriever": ("rank-bm25",),
    },
    "langchain_huggingface": {"HuggingFaceEmbeddings": ("sentence-transformers",)},
}
"""By the package that a script imports and the name of a call."""

PATHS = {
    "torch.onnx.export": ("onnx", "onnxscript"),
    "torchaudio.load": ("torchcodec",),
    "torchaudio.save": ("torchcodec",),
}
"""By a call with the names before it: its last name alone says too little (PyTorch 2.9, torchaudio 2.9)."""

MODULES = {
    "torch.utils.tensorboard": ("tensorboard",),
    "plotly.express": ("pandas",),
    "optuna.visualization": ("plotly",),
    **{f"langchain.{name}": ("langchain-community",) for name in ("document_loaders", "llms", "vectorstores")},
    "dask.dataframe": ("pandas", "pyarrow"),
    "dask.array": ("numpy",),
    "dask.distributed": ("distributed",),
    "ray.data": ("pandas", "pyarrow"),
    "ray.tune": ("pandas", "pyarrow", "tensorboardX"),
}
"""By module; ``plotly.express`` makes a frame of lists and arrays, with pandas where no other library of frames gave
them."""

KEYWORDS = {
    ("transformers", "device_map"): "accelerate",
    ("diffusers", "device_map"): "accelerate",
    ("transformers", "load_in_8bit"): "bitsandbytes",
    ("transformers", "load_in_4bit"): "bitsandbytes",
    ("transformers", "gguf_file"): "gguf",
    ("transformers", "deepspeed"): "deepspeed",
    ("transformers", "use_liger_kernel"): "liger-kernel",
    ("trl", "use_liger_kernel"): "liger-kernel",
    ("trl", "use_vllm"): "vllm",
    ("trl", "peft_config"): "peft",
    ("stable_baselines3", "tensorboard_log"): "tensorboard",
}
"""By package and keyword argument, where its value is not false or nothing."""

_REPORTS = ("wandb", "tensorboard", "mlflow", "trackio", "swanlab", "clearml", "neptune", "codecarbon", "dvclive")
VALUES = {
    **{("transformers", "report_to", name): name for name in _REPORTS},
    ("transformers", "report_to", "comet_ml"): "comet-ml",
    ("transformers", "attn_implementation", "flash_attention_2"): "flash-attn",
    **{
        ("transformers", "optim", name): "bitsandbytes"
        for name in (
            *("adamw_bnb_8bit", "adamw_8bit", "lion_8bit", "paged_adamw", "paged_adamw_8bit", "paged_adamw_32bit"),
            *("paged_lion_8bit", "paged_lion_32bit"),
        )
    },
    **{("transformers", "optim", name): "galore-torch" for name in ("galore_adamw", "galore_adamw_8bit")},
    ("transformers", "optim", "schedule_free_adamw"): "schedulefree",
    ("bs4", "features", "lxml"): "lxml",
    ("bs4", "features", "html5lib"): "html5lib",
}
"""By package, keyword argument and its text or one of its texts."""

_PIL = ("image-classification", "image-segmentation", "image-to-text", "image-text-to-text", "depth-estimation")
_METRICS = ("accuracy", "f1", "precision", "recall", "roc_auc", "matthews_correlation", "mse", "mae")
FIRST = {
    **{("transformers", "pipeline", name): ("pillow",) for name in _PIL},
    ("transformers", "pipeline", "zero-shot-image-classification"): ("pillow",),
    ("transformers", "pipeline", "object-detection"): ("pillow", "timm"),
    ("transformers", "pipeline", "video-classification"): ("av",),
    ("transformers", "pipeline", "table-question-answering"): ("pandas",),
    ("datasets", "load_dataset", "imagefolder"): ("pillow",),
    ("datasets", "load_dataset", "audiofolder"): ("torchcodec",),
    **{("evaluate", "load", name): ("scikit-learn",) for name in _METRICS},
    **{("evaluate", "load", name): ("sacrebleu",) for name in ("sacrebleu", "chrf", "ter")},
    **{("evaluate", "load", name): ("jiwer",) for name in ("wer", "cer")},
    **{("evaluate", "load", name): ("scipy",) for name in ("pearsonr", "spearmanr")},
    ("evaluate", "load", "rouge"): ("rouge_score",),
    ("evaluate", "load", "seqeval"): ("seqeval",),
    ("evaluate", "load", "bertscore"): ("bert_score",),
    ("evaluate", "load", "meteor"): ("nltk",),
    ("evaluate", "load", "mauve"): ("mauve-text",),
    ("evaluate", "load", "comet"): ("unbabel-comet",),
}
"""By package, call and its first argument: tasks of transformers, builders of datasets, and the metrics of
huggingface.co/evaluate-metric."""

STARTS = {
    **{
        ("gymnasium", "make", name): ("mujoco",)
        for name in ("Ant-", "HalfCheetah-", "Hopper-", "Humanoid-", "Reacher-", "Swimmer-", "Walker2d-", "Pusher-")
    },
    **{("gymnasium", "make", name): ("box2d",) for name in ("LunarLander", "BipedalWalker-", "CarRacing-")},
    ("gymnasium", "make", "ALE/"): ("ale-py",),
    ("sqlalchemy", "create_engine", "postgresql://"): ("psycopg2-binary",),
    ("sqlalchemy", "create_engine", "postgresql+psycopg2://"): ("psycopg2-binary",),
    ("sqlalchemy", "create_engine", "postgresql+psycopg://"): ("psycopg",),
    ("sqlalchemy", "create_engine", "mysql+pymysql://"): ("PyMySQL",),
    ("sqlalchemy", "create_engine", "mysql://"): ("mysqlclient",),
}
"""By package, call and how its first argument begins."""

ENGINES = {
    **{name: name for name in ("openpyxl", "xlsxwriter", "fastparquet", "pyarrow", "xlrd", "pyxlsb")},
    "calamine": "python-calamine",
    "odf": "odfpy",
    "python": "",
    "c": "",
    "netcdf4": "netCDF4",
    "h5netcdf": "h5netcdf",
    "zarr": "zarr",
    "scipy": "scipy",
}
"""What an ``engine=`` of pandas or xarray is."""

STYLES = frozenset(
    {
        *("format", "apply", "applymap", "map", "bar", "hide", "background_gradient", "set_properties"),
        *("set_caption", "highlight_max", "highlight_min"),
    }
)
"""Methods of pandas' ``style``, which needs Jinja2."""

STORES = {
    "s3://": "s3fs",
    "gs://": "gcsfs",
    "gcs://": "gcsfs",
    "hf://": "huggingface_hub",
    "az://": "adlfs",
    "abfs://": "adlfs",
}
"""What pandas opens an address with."""

BOOKS = {".xls": "xlrd", ".xlsb": "pyxlsb", ".ods": "odfpy"}
"""What pandas opens a workbook with, by the end of its name."""

DIFFICULT = frozenset(
    {
        *("autoawq", "deepspeed", "flash-attn", "galore-torch", "gptqmodel", "hqq", "optimum", "vllm", "xformers"),
        *("box2d", "mysqlclient", "kaleido", "pydot", "pytesseract", "torchcodec", "tensorflow", "jax", "torchaudio"),
        *("torchvision", "unbabel-comet"),
    }
)
"""Not installed unasked, but told: they are built where they are installed (flash-attn), need a program besides
(pytesseract), ask for a certain torch (vllm, torchaudio), or are one choice of several (Keras' backend)."""

OTHER_BACKENDS = frozenset({"flax", "jax", "onnxruntime", "openvino", "optimum", "tensorflow"})
"""Modules that run a pipeline of transformers without torch."""
