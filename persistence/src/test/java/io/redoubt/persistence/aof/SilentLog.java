package io.redoubt.persistence.aof;

/** A log for tests that look at files only. */
final class SilentLog implements AofLog {
  @Override
  public void notice(String text) {}

  @Override
  public void warning(String text) {}
}
