package io.redoubt.server.snapshot;

import io.redoubt.protocol.bytes.ByteString;
import java.util.List;

/** The libraries of functions that are saved and loaded with the keys. */
public interface FunctionLibraries {

  /** Of a server without functions: what a file has of them is refused. */
  FunctionLibraries NONE =
      new FunctionLibraries() {
        @Override
        public List<ByteString> texts() {
          return List.of();
        }

        @Override
        public String load(ByteString text, boolean replaces) {
          return "there are no functions here";
        }

        @Override
        public void clear() {}
      };

  /** The texts of all libraries. */
  List<ByteString> texts();

  /**
   * Loads a library.
   *
   * @param replaces whether it takes the place of one of the same name; otherwise that is an error
   * @return what is wrong with it; empty when it was loaded
   */
  String load(ByteString text, boolean replaces);

  /** Removes all libraries. */
  void clear();
}
