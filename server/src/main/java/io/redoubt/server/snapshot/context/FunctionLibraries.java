package io.redoubt.server.snapshot.context;

import io.redoubt.protocol.bytes.ByteString;
import java.util.List;

/** The function libraries, which are saved and loaded with the keys. */
public interface FunctionLibraries {

  /** Returns the source texts of all libraries. */
  List<ByteString> texts();

  /**
   * Loads a library.
   *
   * @param replaces true to replace a library of the same name, which is otherwise an error
   * @return the error message; empty on success
   */
  String load(ByteString text, boolean replaces);

  void clear();
}
