package io.redoubt.server.memory;

/** Thrown if the region has no room for a block, its reserve included. */
public final class RegionFull extends OutOfMemoryError {
  private static final long serialVersionUID = 1L;

  private final Shortage shortage;

  RegionFull(Shortage shortage, String wanted) {
    super(shortage.text() + ": no room for " + wanted);
    this.shortage = shortage;
  }

  /** Returns the exhausted resource. */
  public Shortage shortage() {
    return shortage;
  }

  /** Omits the stack trace: the cause is the amount of data, not the call site. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
