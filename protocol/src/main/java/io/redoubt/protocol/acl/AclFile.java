package io.redoubt.protocol.acl;

import java.io.IOException;
import java.util.List;

/** Where users are kept: the {@code aclfile}. */
public interface AclFile {
  /** The path, for messages. */
  String path();

  /** Its lines. */
  List<String> read() throws IOException;

  /** Replaces it as a whole, or not at all. */
  void write(List<String> lines) throws IOException;
}
