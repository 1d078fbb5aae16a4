package io.redoubt.dist.cli.mode;

import io.redoubt.protocol.process.SystemErrors;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.SyncFailedException;

/** {@code --rdb} and {@code --functions-rdb}: saves the master's data as an RDB file. */
public final class DumpMode implements Mode {
  private final ModeContext context;
  private final String file;
  private final boolean functionsOnly;
  private final OutputStream standardOutput;

  /**
   * Creates the mode.
   *
   * @param file the file, which is replaced; {@code -} for standard output
   * @param functionsOnly leaves the keys out
   */
  public DumpMode(ModeContext context, String file, boolean functionsOnly) {
    this.context = context;
    this.file = file;
    this.functionsOnly = functionsOnly;
    this.standardOutput = context.out();
  }

  @Override
  public int run() throws IOException, ModeException {
    SnapshotInput input = new SnapshotInput(context);
    input.announce("capa", "eof");
    input.announce("rdb-only", "1");
    if (functionsOnly) {
      input.announce("rdb-filter-only", "functions");
    }
    input.start();
    String what =
        input.endsByMark() ? "bytes of bulk transfer until EOF marker" : input.length() + " bytes";
    context.err().print("SYNC sent to master, writing " + what + " to '" + file + "'\n");
    long length = save(input);
    context
        .err()
        .print(
            "Transfer finished with success"
                + (input.endsByMark() ? " after " + length + " bytes" : ".")
                + "\n");
    return 0;
  }

  private long save(SnapshotInput input) throws IOException, ModeException {
    if (file.equals("-")) {
      long length = input.copy(standardOutput);
      standardOutput.flush();
      return length;
    }
    FileOutputStream opened;
    try {
      opened = new FileOutputStream(file);
    } catch (IOException e) {
      throw new ModeException("Error opening '" + file + "': " + SystemErrors.text(e));
    }
    try (opened;
        OutputStream buffered = new BufferedOutputStream(opened, 1 << 16)) {
      long length = input.copy(buffered);
      buffered.flush();
      force(opened);
      return length;
    }
  }

  /** Writes the file through to the disk; a pipe or a device has no disk. */
  private static void force(FileOutputStream opened) throws IOException {
    try {
      opened.getFD().sync();
    } catch (SyncFailedException e) {
      // A target such as /dev/stdout can't be synced and need not be.
    }
  }
}
