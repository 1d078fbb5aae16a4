package io.redoubt.bench.rows;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** Replaces the placeholders in the words of a command, for one server. */
public final class RowWords {
  private static final String RANDOM = "__rand_int__";
  private static final Pattern TEXT = Pattern.compile("<(\\d+)>");
  private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
  private static final long SPREAD = 0x9E37_79B9_7F4A_7C15L;
  private static final long SCATTERED = 1_000_000_000_000L;

  private final Map<String, byte[]> named = new HashMap<>();

  /** Creates the words of a server; a text may be a script. */
  public RowWords(Map<String, String> texts) {
    texts.forEach((name, text) -> {
      named.put("%" + name, text.getBytes(UTF_8));
      named.put("%%" + name, sha1(text));
    });
  }

  private static byte[] sha1(String text) {
    try {
      byte[] sum = MessageDigest.getInstance("SHA-1").digest(text.getBytes(UTF_8));
      return HexFormat.of().formatHex(sum).getBytes(ISO_8859_1);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }

  /** Keeps a reply under a name. */
  public void capture(String name, byte[] reply) {
    named.put("@" + name, reply);
  }

  /** Returns the arguments of a row's command, with places for random numbers. */
  public byte[][] ofRow(String command) {
    return arguments(command.split(" "), word -> word.replace("#", RANDOM));
  }

  /** Returns the arguments of a command that prepares the element of this number. */
  public byte[][] ofElement(String command, long number) {
    return arguments(command.split(" "), word -> numbered(word, number));
  }

  private static String numbered(String word, long number) {
    long scattered = ((number * SPREAD) >>> 1) % SCATTERED;
    return word.replace("#", digits(number))
        .replace("?", digits(scattered))
        .replace("^", Long.toString(scattered % 10))
        .replace("~", Long.toString(number));
  }

  private static String digits(long number) {
    String text = Long.toString(number);
    return "0".repeat(RANDOM.length() - text.length()) + text;
  }

  private byte[][] arguments(String[] words, UnaryOperator<String> numbers) {
    return Arrays.stream(words)
        .map(word -> {
          if (word.startsWith("%") || word.startsWith("@")) {
            return Objects.requireNonNull(named.get(word), word);
          }
          String text =
              TEXT.matcher(word).replaceAll(size -> text(Integer.parseInt(size.group(1))));
          return numbers.apply(text).getBytes(UTF_8);
        })
        .toArray(byte[][]::new);
  }

  /** Returns a text that does not compress, the same each time. */
  private static String text(int length) {
    SplittableRandom random = new SplittableRandom(length);
    StringBuilder text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return text.toString();
  }
}
