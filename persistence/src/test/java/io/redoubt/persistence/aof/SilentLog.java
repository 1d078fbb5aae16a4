package io.redoubt.persistence.aof;

/** A log that discards everything. */
public final class SilentLog implements AofLog {
  @Override
  public void notice(String text) {}

  @Override
  public void warning(String text) {}
}
