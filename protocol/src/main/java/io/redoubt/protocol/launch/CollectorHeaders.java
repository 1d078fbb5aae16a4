package io.redoubt.protocol.launch;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.process.SmallFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The file of {@code metrics-otlp-headers-file}: lines {@code Name: value}, empty lines, and
 * comments after #. Values are secrets, so no message has any text of the file.
 */
final class CollectorHeaders {
  /** RFC 9110, section 5.6.2. */
  private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

  /** RFC 9110, section 5.5, without obs-text. */
  private static final Pattern VALUE = Pattern.compile("[\\t -~]+");

  /** Those that the request sets itself. */
  private static final Set<String> RESERVED =
      Set.of(
          "connection",
          "content-encoding",
          "content-length",
          "content-type",
          "expect",
          "host",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private CollectorHeaders() {}

  /**
   * Reads the headers.
   *
   * @throws IOException if the file can't be read, or has another line; names the line's number
   */
  static Map<String, String> read(Path file) throws IOException {
    Map<String, String> headers = new LinkedHashMap<>();
    int number = 0;
    for (String line : SmallFile.text(file, UTF_8).split("\\R", -1)) {
      number++;
      String text = line.strip();
      if (text.isEmpty() || text.startsWith("#")) {
        continue;
      }
      int colon = text.indexOf(':');
      String name = colon < 0 ? "" : text.substring(0, colon).strip();
      String value = text.substring(colon + 1).strip();
      if (!NAME.matcher(name).matches() || !VALUE.matcher(value).matches()) {
        throw new IOException("line " + number + " must be \"Name: value\"");
      }
      if (RESERVED.contains(name.toLowerCase(Locale.ROOT))) {
        throw new IOException("line " + number + " sets a header that is not free");
      }
      headers.put(name, value);
    }
    return headers;
  }

  /** Returns true if any user of the machine may read the file. */
  static boolean isPublic(Path file) {
    try {
      return Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ);
    } catch (IOException | UnsupportedOperationException e) {
      return false; // unknown
    }
  }
}
