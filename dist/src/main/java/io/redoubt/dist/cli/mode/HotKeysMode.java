package io.redoubt.dist.cli.mode;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.dist.client.ClientConnection;
import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** {@code --hotkeys}: finds the most used keys by the counters of an LFU policy. */
public final class HotKeysMode implements Mode {
  private static final int MOST = 16;
  private static final int STEPS_A_PAUSE = 100;

  private final ModeContext context;
  private final byte @Nullable [] pattern;
  private final List<Hot> hottest = new ArrayList<>();
  private long sampled;

  private record Hot(long counter, String key) {}

  /**
   * Creates the mode.
   *
   * @param pattern the keys' pattern, or null for all keys
   */
  public HotKeysMode(ModeContext context, byte @Nullable [] pattern) {
    this.context = context;
    this.pattern = pattern;
  }

  @Override
  public int run() throws IOException, ProtocolException, InterruptedException, ModeException {
    context
        .out()
        .print(
            """

            # Scanning the entire keyspace to find hot keys as well as
            # average sizes per key type.  You can use -i 0.1 to sleep 0.1 sec
            # per 100 SCAN commands (not usually needed).

            """);
    long total = context.ask("DBSIZE").number();
    KeyScan scan = new KeyScan(context, pattern, 0);
    for (long steps = 1; !scan.isFinished(); steps++) {
      sample(scan.next(), total);
      context.out().flush();
      if (context.intervalSeconds() > 0 && steps % STEPS_A_PAUSE == 0) {
        ModeContext.sleep(context.intervalSeconds());
      }
    }
    context.out().print("\n-------- summary -------\n\n");
    context.out().print("Sampled " + sampled + " keys in the keyspace!\n");
    for (Hot hot : hottest) {
      context
          .out()
          .print("hot key found with counter: " + hot.counter + "\tkeyname: " + hot.key + "\n");
    }
    return 0;
  }

  private void sample(List<byte[]> keys, long total)
      throws IOException, ProtocolException, ModeException {
    ClientConnection connection = context.connection();
    for (byte[] key : keys) {
      connection.send("OBJECT".getBytes(UTF_8), "FREQ".getBytes(UTF_8), key);
    }
    double share = total == 0 ? 0 : 100.0 * Math.min(sampled, total) / total;
    sampled += keys.size();
    ModeException refusal = null;
    for (byte[] key : keys) {
      Reply reply = connection.receive();
      if (reply instanceof Reply.Error error && !error.message().contains("no such key")) {
        refusal = new ModeException("Error: " + error.message());
      }
      if (refusal == null && reply instanceof Reply.Integer counter) {
        rank(new Hot(counter.value(), Quoting.quote(key)), share);
      }
    }
    if (refusal != null) {
      throw refusal;
    }
  }

  private void rank(Hot hot, double share) {
    if (hot.counter == 0 || (hottest.size() == MOST && hottest.getLast().counter >= hot.counter)) {
      return;
    }
    if (hottest.size() == MOST) {
      hottest.removeLast();
    }
    hottest.add(hot);
    hottest.sort(Comparator.comparingLong(Hot::counter).reversed());
    context
        .out()
        .printf(
            Locale.ROOT,
            "[%05.2f%%] Hot key '%s' found so far with counter %d%n",
            share,
            hot.key,
            hot.counter);
  }
}
