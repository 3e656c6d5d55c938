"""What tests share: a writer of TFLite files, the judges, the folder of real models."""
