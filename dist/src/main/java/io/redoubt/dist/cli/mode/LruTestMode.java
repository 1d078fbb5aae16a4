package io.redoubt.dist.cli.mode;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.dist.client.ClientConnection;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * {@code --lru-test}: writes and reads keys of a power-law distribution, to see how many reads an
 * eviction policy leaves without a value.
 */
public final class LruTestMode implements Mode {
  private static final int BATCH = 250;

  /** The exponent at which a fifth of the keys get four fifths of the reads. */
  private static final double EXPONENT = Math.log(0.2) / Math.log(0.8);

  private final ModeContext context;
  private final long keys;
  private final SplittableRandom random = new SplittableRandom();

  /** Creates the mode for {@code keys} different keys. */
  public LruTestMode(ModeContext context, long keys) {
    this.context = context;
    this.keys = keys;
  }

  private String key() {
    return "lru:" + (long) (keys * Math.pow(random.nextDouble(), EXPONENT));
  }

  @Override
  public int run() throws IOException, ProtocolException, ModeException {
    ClientConnection connection = context.connection();
    while (true) {
      long started = System.nanoTime();
      long hits = 0;
      long misses = 0;
      while (System.nanoTime() - started < TimeUnit.SECONDS.toNanos(1)) {
        for (int i = 0; i < BATCH; i++) {
          connection.send(words("SET", key(), "val"));
        }
        for (int i = 0; i < BATCH; i++) {
          refuse(connection.receive());
        }
        for (int i = 0; i < BATCH; i++) {
          connection.send(words("GET", key()));
        }
        for (int i = 0; i < BATCH; i++) {
          Reply reply = connection.receive();
          refuse(reply);
          if (reply.isNull()) {
            misses++;
          } else {
            hits++;
          }
        }
      }
      long gets = hits + misses;
      context
          .out()
          .printf(
              Locale.ROOT,
              "%d Gets/sec | Hits: %d (%.2f%%) | Misses: %d (%.2f%%)%n",
              gets,
              hits,
              100.0 * hits / gets,
              misses,
              100.0 * misses / gets);
      context.out().flush();
    }
  }

  private static void refuse(Reply reply) throws ModeException {
    if (reply instanceof Reply.Error error) {
      throw new ModeException("Error: " + error.message());
    }
  }

  private static byte[][] words(String... words) {
    byte[][] bytes = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      bytes[i] = words[i].getBytes(ISO_8859_1);
    }
    return bytes;
  }
}
