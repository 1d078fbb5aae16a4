package io.redoubt.persistence.aof;

/** What a file of an append-only directory holds. */
public enum AofFileType {
  /** The whole data set at the time of the last rewrite. */
  BASE('b'),
  /** What an earlier rewrite has made superfluous; it is to be removed. */
  HISTORY('h'),
  /** The writes after the base, in the order of their numbers. */
  INCREMENTAL('i');

  private final char letter;

  AofFileType(char letter) {
    this.letter = letter;
  }

  /** The letter in the manifest. */
  public char letter() {
    return letter;
  }
}
