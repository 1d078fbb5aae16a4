package io.redoubt.server.snapshot;

import java.io.IOException;
import java.nio.file.Path;

/** The file written by a snapshot, at first under a temporary name. */
public interface SnapshotTarget {
  Path temporary();

  /** Returns true if the file is the base of an append-only file. */
  boolean isBase();

  /** Returns true if the file contains commands that recreate the data set, instead of an RDB. */
  boolean holdsCommands();

  /** Returns the timestamp to write before the commands, in seconds of Unix time; -1 for none. */
  long timestampSeconds();

  /** Gives the complete and durable file its final name. Called on the writer thread. */
  void publish() throws IOException;
}
