package io.redoubt.protocol;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Rewrites a redis.conf file as YAML, without comments. */
public final class ConfToYaml {
  private ConfToYaml() {}

  /** Returns each active line as a pair, and several lines of one name as a list. */
  public static String convert(String conf) {
    Map<String, List<String>> lines = new LinkedHashMap<>();
    conf.lines()
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .map(line -> line.strip().split(" ", 2))
        .forEach(parts ->
            lines
                .computeIfAbsent(parts[0].toLowerCase(Locale.ROOT), _ -> new ArrayList<>())
                .add(parts[1]));
    StringBuilder yaml = new StringBuilder();
    lines.forEach((name, arguments) -> {
      yaml.append(name).append(':');
      if (arguments.size() == 1) {
        yaml.append(' ').append(arguments.getFirst()).append('\n');
      } else {
        yaml.append('\n');
        arguments.forEach(each -> yaml.append("  - ").append(each).append('\n'));
      }
    });
    return yaml.toString();
  }
}
