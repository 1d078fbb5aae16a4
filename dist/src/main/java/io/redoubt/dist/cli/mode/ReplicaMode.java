package io.redoubt.dist.cli.mode;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.dist.cli.session.OutputForm;
import io.redoubt.dist.cli.session.ReplyFormatter;
import io.redoubt.protocol.resp.ProtocolException;
import java.io.IOException;
import java.io.OutputStream;

/** {@code --replica}: prints the commands that a master sends to its replicas. */
public final class ReplicaMode implements Mode {
  private final ModeContext context;

  public ReplicaMode(ModeContext context) {
    this.context = context;
  }

  @Override
  public int run() throws IOException, ProtocolException, ModeException {
    SnapshotInput input = new SnapshotInput(context);
    input.announce("capa", "eof");
    input.announce("rdb-filter-only", "");
    input.start();
    String what =
        input.endsByMark()
            ? "bytes of bulk transfer until EOF marker..."
            : input.length() + " bytes of bulk transfer...";
    context.err().print("SYNC with master, discarding " + what + "\n");
    long length = input.copy(OutputStream.nullOutputStream());
    context
        .err()
        .print(
            "SYNC done"
                + (input.endsByMark() ? " after " + length + " bytes" : "")
                + ". Logging commands from master.\n");
    // A master that sent the snapshot without a file starts its stream after the first ACK.
    context.err().print("sending REPLCONF ACK 0\n");
    context.connection().send(words("REPLCONF"), words("ACK"), words("0"));
    ReplyFormatter formatter = new ReplyFormatter(OutputForm.CSV, "\n", "\n");
    while (true) {
      formatter.print(context.connection().receive(), false, context.out()::print);
      context.out().flush();
    }
  }

  private static byte[] words(String word) {
    return word.getBytes(ISO_8859_1);
  }
}
