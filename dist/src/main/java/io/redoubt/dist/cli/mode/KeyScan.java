package io.redoubt.dist.cli.mode;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A scan of the keys of a database by SCAN. */
final class KeyScan {
  private final ModeContext context;
  private final byte @Nullable [] pattern;
  private final int count;
  private byte[] cursor = {'0'};
  private boolean finished;

  /**
   * Starts a scan.
   *
   * @param pattern the keys' pattern, or null for all keys
   * @param count the value of COUNT, 0 for the server's default
   */
  KeyScan(ModeContext context, byte @Nullable [] pattern, int count) {
    this.context = context;
    this.pattern = pattern;
    this.count = count;
  }

  boolean isFinished() {
    return finished;
  }

  /** Returns the keys of the next step, which may be none. */
  List<byte[]> next() throws IOException, ProtocolException, ModeException {
    List<byte[]> words = new ArrayList<>(List.of("SCAN".getBytes(UTF_8), cursor));
    if (pattern != null) {
      words.add("MATCH".getBytes(UTF_8));
      words.add(pattern);
    }
    if (count > 0) {
      words.add("COUNT".getBytes(UTF_8));
      words.add(Integer.toString(count).getBytes(UTF_8));
    }
    Reply reply = context.ask(words.toArray(byte[][]::new));
    if (!(reply instanceof Reply.Array pair)
        || pair.elements().size() != 2
        || !(pair.elements().get(0) instanceof Reply.Bulk next)
        || !(pair.elements().get(1) instanceof Reply.Array found)) {
      throw new ModeException("Non ARRAY response from SCAN!");
    }
    cursor = next.bytes();
    finished = cursor.length == 1 && cursor[0] == '0';
    List<byte[]> keys = new ArrayList<>();
    for (Reply key : found.elements()) {
      if (key instanceof Reply.Bulk bulk) {
        keys.add(bulk.bytes());
      }
    }
    return keys;
  }
}
