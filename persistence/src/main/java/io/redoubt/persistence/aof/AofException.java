package io.redoubt.persistence.aof;

/** Signals an append only file that can't be loaded; the message is the one that Redis logs. */
public final class AofException extends Exception {

  private static final long serialVersionUID = 1L;

  private final long validBytes;

  /**
   * Creates an error in a file.
   *
   * @param message the text to log
   * @param validBytes the length of the file's valid prefix
   */
  public AofException(String message, long validBytes) {
    super(message);
    this.validBytes = validBytes;
  }

  /** Returns the error for bytes that are not a command. */
  static AofException badFormat(String fileName, long validBytes) {
    return new AofException(
        "Bad file format reading the append only file "
            + fileName
            + ": make a backup of your AOF file, then use ./redis-check-aof --fix"
            + " <filename.manifest>",
        validBytes);
  }

  /**
   * Returns the error for a file that ends within a command or transaction, unless {@code
   * aof-load-truncated} allows it.
   */
  static AofException unexpectedEnd(String fileName, long validBytes) {
    return new AofException(
        "Unexpected end of file reading the append only file "
            + fileName
            + ". You can: 1) Make a backup of your AOF file, then use ./redis-check-aof --fix"
            + " <filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated'"
            + " configuration option to yes and restart the server.",
        validBytes);
  }

  /** Returns the length of the file's valid prefix in bytes. */
  public long validBytes() {
    return validBytes;
  }
}
