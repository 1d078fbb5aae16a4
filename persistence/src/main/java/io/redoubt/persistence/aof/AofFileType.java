package io.redoubt.persistence.aof;

/** The type of a file of an append only directory. */
public enum AofFileType {
  /** The data set at the time of the last rewrite. */
  BASE('b'),
  /** A file superseded by a rewrite, to be removed. */
  HISTORY('h'),
  /** Writes after the base, in the order of the file numbers. */
  INCREMENTAL('i');

  private final char letter;

  AofFileType(char letter) {
    this.letter = letter;
  }

  public char letter() {
    return letter;
  }
}
