package io.redoubt.server.differential;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LCS finds the subsequence and the matches that a real Redis finds, among several of a length. */
final class CommonSubsequenceTwinsTest {
  private static final int PAIRS = Integer.getInteger("redoubt.subsequencePairs", 400);
  private static final int[] LENGTHS = {0, 1, 5, 63, 64, 65, 127, 128, 129, 400};
  private static final String[] OPTIONS = {
    "", " LEN", " IDX", " IDX WITHMATCHLEN", " IDX MINMATCHLEN 3 WITHMATCHLEN"
  };

  private static final byte[] SET = "SET".getBytes(US_ASCII);

  @TempDir private Path directory;

  private final Random random = Seed.random("CommonSubsequenceTwinsTest");

  @Test
  void findsWhatRedisFinds() throws Exception {
    try (var twins = Twins.start(directory);
        var real = twins.real();
        var ours = twins.ours()) {
      for (int pair = 0; pair < PAIRS; pair++) {
        int letters = 1 + random.nextInt(random.nextBoolean() ? 3 : 250);
        byte[] a = text(letters);
        byte[] b = random.nextInt(4) == 0 ? changed(a, letters) : text(letters);
        for (var server : new WireConnection[] {real, ours}) {
          server.call(SET, "a".getBytes(US_ASCII), a);
          server.call(SET, "b".getBytes(US_ASCII), b);
        }
        for (String options : OPTIONS) {
          String request = "LCS a b" + options;
          assertThat(ours.call(request.split(" ")))
              .as("%s of %d and %d bytes, pair %d", request, a.length, b.length, pair)
              .isEqualTo(real.call(request.split(" ")));
        }
      }
    }
  }

  private byte[] text(int letters) {
    int longest = LENGTHS[random.nextInt(LENGTHS.length)];
    var text = new byte[random.nextBoolean() ? longest : random.nextInt(longest + 1)];
    for (int i = 0; i < text.length; i++) {
      text[i] = letter(letters);
    }
    return text;
  }

  private byte[] changed(byte[] text, int letters) {
    byte[] changed = text.clone();
    for (int i = random.nextInt(10); i > 0 && changed.length > 0; i--) {
      changed[random.nextInt(changed.length)] = letter(letters);
    }
    return changed;
  }

  private byte letter(int letters) {
    return (byte) (255 - random.nextInt(letters));
  }
}
