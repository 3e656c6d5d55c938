"""TFLite files become graphs: the schema, the walk over a file, and one rule per operator in families.

`schema` decodes a file, `frontend` walks it, `rules` is the table of operators; the families (`operators`, `layout`,
`norms`, `recurrent`, `reductions`, `functions`) hold the rules, `state` and `tensors` what operators share.
"""

from codegen.frontends.tflite.frontend import TFLite, import_model

__all__ = ["TFLite", "import_model"]
