package io.redoubt.dist.check.report;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.persistence.aof.AofDirectory;
import io.redoubt.persistence.aof.AofFile;
import io.redoubt.persistence.aof.Manifest;
import io.redoubt.persistence.aof.ManifestException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The file with the snapshot that a report reads: of an append-only directory or its manifest, the
 * base file.
 *
 * @param incrementals the number of incremental files, which a report does not read
 */
record ReportSource(Path file, int incrementals) {

  private static final long MAX_MANIFEST_BYTES = 1 << 20;

  /** Signals that there is no snapshot to read, with a message for the user. */
  static final class NoSnapshotException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String reason;

    NoSnapshotException(String message) {
      super(message);
      reason = message;
    }

    String reason() {
      return reason;
    }
  }

  /** Returns the snapshot of a file, a directory or a manifest. */
  static ReportSource of(Path given) throws IOException, NoSnapshotException {
    if (Files.isDirectory(given)) {
      return ofManifest(manifestIn(given));
    }
    if (given.toString().endsWith(AofDirectory.MANIFEST_SUFFIX)) {
      return ofManifest(given);
    }
    refuseCommands(given);
    return new ReportSource(given, 0);
  }

  private static Path manifestIn(Path directory) throws IOException, NoSnapshotException {
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> manifests =
          files
              .filter(file -> file.toString().endsWith(AofDirectory.MANIFEST_SUFFIX))
              .limit(2)
              .toList();
      if (manifests.size() != 1) {
        throw new NoSnapshotException(
            directory
                + " is a directory with "
                + (manifests.isEmpty() ? "no manifest" : "several manifests")
                + " of an append-only file");
      }
      return manifests.getFirst();
    }
  }

  private static ReportSource ofManifest(Path path) throws IOException, NoSnapshotException {
    if (Files.size(path) > MAX_MANIFEST_BYTES) {
      throw new NoSnapshotException(path + " is too long for a manifest");
    }
    Manifest manifest;
    try {
      manifest = Manifest.parse(Files.readAllBytes(path));
    } catch (ManifestException e) {
      throw new NoSnapshotException("Invalid manifest " + path + ": " + e.getMessage());
    }
    AofFile base = manifest.base();
    if (base == null) {
      throw new NoSnapshotException("The manifest " + path + " has no base file");
    }
    Path file = path.resolveSibling(base.name());
    refuseCommands(file);
    return new ReportSource(file, manifest.incrementals().size());
  }

  /** Refuses an append-only file without a preamble, whose first byte starts a command. */
  private static void refuseCommands(Path file) throws IOException, NoSnapshotException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] start = in.readNBytes(1);
      if (Arrays.equals(start, "*".getBytes(US_ASCII)) || Arrays.equals(start, new byte[] {'#'})) {
        throw new NoSnapshotException(
            file + " is an append-only file without RDB preamble: there is nothing to report");
      }
    }
  }
}
