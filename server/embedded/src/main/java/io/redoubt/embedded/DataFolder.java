package io.redoubt.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The folder of a server's files.
 *
 * @param temporary true if it belongs to the server, which deletes it
 */
record DataFolder(Path path, boolean temporary) {

  /** Returns a folder of the caller, which is not deleted. */
  static DataFolder ofCaller(Path path) {
    return new DataFolder(path, false);
  }

  /** Returns the prefix of the names of this process's temporary folders. */
  static String temporaryPrefix() {
    return "redoubt-" + ProcessHandle.current().pid() + "-";
  }

  /** Creates an empty temporary folder. */
  static DataFolder create() throws IOException {
    return new DataFolder(Files.createTempDirectory(temporaryPrefix()).toRealPath(), true);
  }

  /** Creates a folder within this one. */
  Path folder(String name) throws IOException {
    return Files.createDirectories(path.resolve(name));
  }

  /** Writes a text in UTF-8 into a file of this folder. */
  Path write(String name, String text) throws IOException {
    return Files.writeString(path.resolve(name), text);
  }

  /** Deletes a temporary folder with its contents. */
  void close() throws IOException {
    if (temporary) {
      List<Path> contents;
      try (Stream<Path> walk = Files.walk(path)) {
        contents = walk.sorted(Comparator.reverseOrder()).toList();
      }
      for (Path each : contents) {
        Files.deleteIfExists(each);
      }
    }
  }
}
