package io.redoubt.protocol.acl;

import java.io.IOException;
import java.util.List;

/** The storage of users: the {@code aclfile}. */
public interface AclFile {
  /** Returns the path, for messages. */
  String path();

  List<String> read() throws IOException;

  /** Replaces the file atomically. */
  void write(List<String> lines) throws IOException;
}
