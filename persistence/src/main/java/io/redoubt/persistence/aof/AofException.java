package io.redoubt.persistence.aof;

/** An append-only file that can't be loaded; the message is the one that Redis logs. */
public final class AofException extends Exception {

  private static final long serialVersionUID = 1L;

  private final long validBytes;

  /**
   * An error in a file.
   *
   * @param message what to log
   * @param validBytes the length of the file's beginning that is in order
   */
  public AofException(String message, long validBytes) {
    super(message);
    this.validBytes = validBytes;
  }

  /** Bytes that are no command where one is to be. */
  static AofException badFormat(String fileName, long validBytes) {
    return new AofException(
        "Bad file format reading the append only file "
            + fileName
            + ": make a backup of your AOF file, then use ./redis-check-aof --fix"
            + " <filename.manifest>",
        validBytes);
  }

  /** A file that ends within a command or a transaction, where that is not tolerated. */
  static AofException unexpectedEnd(String fileName, long validBytes) {
    return new AofException(
        "Unexpected end of file reading the append only file "
            + fileName
            + ". You can: 1) Make a backup of your AOF file, then use ./redis-check-aof --fix"
            + " <filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated'"
            + " configuration option to yes and restart the server.",
        validBytes);
  }

  /** The length of the file's beginning that is in order, in bytes. */
  public long validBytes() {
    return validBytes;
  }
}
