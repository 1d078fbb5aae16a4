package io.redoubt.dist.cli.session;

/** The forms in which replies are printed. */
public enum OutputForm {
  /** For people: types, quotes and numbered elements. */
  STANDARD,
  /** For pipes: the bare bytes. */
  RAW,
  /** Comma-separated values. */
  CSV,
  /** JSON. */
  JSON,
  /** JSON whose strings are quoted first, so that any bytes survive. */
  QUOTED_JSON
}
