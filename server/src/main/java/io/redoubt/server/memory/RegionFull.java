package io.redoubt.server.memory;

/** A block was asked for that the region has no room for, its reserve included. */
public final class RegionFull extends OutOfMemoryError {
  private static final long serialVersionUID = 1L;

  private final Shortage shortage;

  RegionFull(Shortage shortage, String wanted) {
    super(shortage.text() + ": no room for " + wanted);
    this.shortage = shortage;
  }

  /** Returns what is exhausted. */
  public Shortage shortage() {
    return shortage;
  }

  /** Leaves out the stack: the cause is the amount of data, not the place. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
