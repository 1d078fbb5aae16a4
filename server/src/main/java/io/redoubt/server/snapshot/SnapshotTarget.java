package io.redoubt.server.snapshot;

import java.io.IOException;
import java.nio.file.Path;

/** A file that a snapshot becomes: written under a temporary name first. */
public interface SnapshotTarget {
  /** Where it is written. */
  Path temporary();

  /** Whether it is the base of an append-only file. */
  boolean isBase();

  /** Whether it holds commands that make the data set again, in place of an RDB. */
  boolean holdsCommands();

  /** The time that commands begin with, in seconds of Unix time; -1 for none. */
  long timestampSeconds();

  /**
   * Gives the file its place: it is whole and durable. Called on the thread that has written it.
   */
  void publish() throws IOException;
}
