package io.redoubt.dist.cli;

/** The forms in which replies are printed. */
enum OutputForm {
  /** For people: types, quotes and numbered elements. */
  STANDARD,
  /** For pipes: the bare bytes. */
  RAW,
  CSV,
  JSON,
  /** JSON whose strings are quoted first, so that any bytes survive. */
  QUOTED_JSON
}
