package io.redoubt.dist.reference;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The origins of commands and directives that Redis 7.2 does not have, as badges. The resource has
 * a kind, a name and the origin in a line; a test compares the names with those of Redis 7.2.
 */
final class Origins {
  static final String FILE = "origins.tsv";
  static final String COMMAND = "command";
  static final String DIRECTIVE = "directive";

  private final Map<String, String> origins = new HashMap<>();

  Origins() throws IOException {
    for (String line : Resource.text(FILE).lines().toList()) {
      String[] columns = line.split("\t", 3);
      origins.put(columns[0] + " " + columns[1], columns[2]);
    }
  }

  /** Returns the badge of a command or directive, none if Redis 7.2 has it. */
  List<String> badges(String kind, String name) {
    String origin = origins.get(kind + " " + name.toLowerCase(Locale.ROOT));
    return origin == null ? List.of() : List.of(origin);
  }

  /** Returns the kinds and names, with a space between. */
  java.util.Set<String> names() {
    return origins.keySet();
  }
}
