"""The Hub's Jobs API; the only code that imports huggingface_hub."""
