package io.redoubt.server.replies;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Pipelines of valid requests, inline and multibulk, in which random bytes are changed. */
public final class MutatedRequests {
  /** The number of requests in a pipeline, before mutation. */
  public static final int REQUESTS = 10;

  private static final List<String> SEEDS =
      List.of(
          "*1\r\n$4\r\nPING\r\n",
          "*2\r\n$4\r\nECHO\r\n$5\r\nworld\r\n",
          "*2\r\n$4\r\nECHO\r\n$10\r\n+OK\r\n$1\r\nx\r\n",
          "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\n\0\r\n\r\n",
          "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
          "*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n",
          "*3\r\n$5\r\nRPUSH\r\n$1\r\nl\r\n$0\r\n\r\n",
          "*4\r\n$6\r\nLRANGE\r\n$1\r\nl\r\n$1\r\n0\r\n$2\r\n-1\r\n",
          "PING\r\n",
          "ECHO \"a b\\x41\\n\" \r\n",
          "ECHO seven\n",
          "SET k 'it\\'s'\n",
          "GET   k\r\n",
          "*0\r\n",
          "*-1\r\n",
          "\r\n",
          "MULTI\r\n*1\r\n$4\r\nPING\r\nEXEC\r\n");
  private static final List<String> PIECES =
      List.of(
          "*",
          "$",
          "\r",
          "\n",
          "\r\n",
          "-",
          "+",
          " ",
          "\"",
          "'",
          "\\x",
          "\0",
          "0",
          "1",
          "9",
          "-1",
          "2147483647",
          "2147483648",
          "1048577",
          "536870913",
          "99999999999999999999",
          "\377",
          "*1\r\n");

  private final Random random;

  public MutatedRequests(Random random) {
    this.random = random;
  }

  /** Returns a pipeline that starts with the given request, which may be mutated too. */
  public byte[] next(String first) {
    var bytes = new StringBuilder(first);
    for (int i = 0; i < REQUESTS; i++) {
      var request = new StringBuilder(SEEDS.get(random.nextInt(SEEDS.size())));
      for (int k = random.nextInt(5) == 0 ? 1 + random.nextInt(3) : 0; k > 0; k--) {
        mutate(request);
      }
      bytes.append(request);
    }
    mutate(bytes);
    return bytes.toString().getBytes(ISO_8859_1);
  }

  private void mutate(StringBuilder text) {
    if (text.isEmpty()) {
      return;
    }
    int at = random.nextInt(text.length());
    String piece = PIECES.get(random.nextInt(PIECES.size()));
    switch (random.nextInt(6)) {
      case 0 -> text.setCharAt(at, (char) random.nextInt(256));
      case 1 -> text.deleteCharAt(at);
      case 2 -> text.insert(at, piece);
      case 3 -> text.replace(at, at + 1, piece);
      case 4 ->
          text.insert(at, text.substring(at, Math.min(text.length(), at + random.nextInt(12))));
      default -> text.delete(at, Math.min(text.length(), at + random.nextInt(8)));
    }
  }

  /** Cuts the bytes at random places, at most three. */
  public byte[][] pieces(byte[] bytes) {
    int cuts = random.nextInt(4);
    var pieces = new byte[cuts + 1][];
    int from = 0;
    for (int i = 0; i < cuts; i++) {
      int to = from + random.nextInt(bytes.length - from + 1);
      pieces[i] = Arrays.copyOfRange(bytes, from, to);
      from = to;
    }
    pieces[cuts] = Arrays.copyOfRange(bytes, from, bytes.length);
    return pieces;
  }
}
