package io.redoubt.dist.cli.mode;

import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** {@code --stat}: prints a line of figures a second. */
public final class StatMode implements Mode {
  private static final int LINES_A_HEADER = 20;
  private static final String HEADER =
      "------- data ------ --------------------- load -------------------- - child -\n"
          + "keys       mem      clients blocked requests            connections          \n";

  private final ModeContext context;

  public StatMode(ModeContext context) {
    this.context = context;
  }

  @Override
  public int run() throws IOException, ProtocolException, InterruptedException, ModeException {
    long requests = -1;
    for (long lines = 0; ; lines++) {
      Map<String, String> info = info();
      if (lines % LINES_A_HEADER == 0) {
        context.out().print(HEADER);
      }
      long now = number(info, "total_commands_processed");
      long growth = requests < 0 ? 0 : now - requests;
      requests = now;
      context
          .out()
          .printf(
              Locale.ROOT,
              "%-11d%-9s%-8s%-8s%-20s%-12s%s%n",
              keys(info),
              bytes(number(info, "used_memory")),
              info.getOrDefault("connected_clients", ""),
              info.getOrDefault("blocked_clients", ""),
              now + " (+" + growth + ")",
              info.getOrDefault("total_connections_received", ""),
              child(info));
      context.out().flush();
      ModeContext.sleep(context.intervalOr(1));
    }
  }

  private Map<String, String> info() throws IOException, ProtocolException, ModeException {
    Reply reply = context.ask("INFO");
    Map<String, String> fields = new HashMap<>();
    for (String line : reply.text().split("\r\n", -1)) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        fields.put(line.substring(0, colon), line.substring(colon + 1));
      }
    }
    return fields;
  }

  /** Returns the number of keys in all databases: {@code dbN:keys=1,expires=0,avg_ttl=0}. */
  private static long keys(Map<String, String> info) {
    long keys = 0;
    for (Map.Entry<String, String> field : info.entrySet()) {
      String value = field.getValue();
      if (field.getKey().matches("db[0-9]+") && value.startsWith("keys=")) {
        int comma = value.indexOf(',');
        keys += parse(value.substring("keys=".length(), comma < 0 ? value.length() : comma));
      }
    }
    return keys;
  }

  private static String child(Map<String, String> info) {
    if (number(info, "loading") != 0) {
      return "LOAD";
    }
    boolean saves = number(info, "rdb_bgsave_in_progress") != 0;
    boolean rewrites = number(info, "aof_rewrite_in_progress") != 0;
    return saves && rewrites ? "SAVE+AOF" : saves ? "SAVE" : rewrites ? "AOF" : "";
  }

  private static long number(Map<String, String> info, String field) {
    return parse(info.getOrDefault(field, "0"));
  }

  private static long parse(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** Returns a size in readable form, such as {@code 1.61M}. */
  static String bytes(long bytes) {
    double size = bytes;
    String unit = "B";
    for (String next : new String[] {"K", "M", "G", "T"}) {
      if (size < 1024) {
        break;
      }
      size /= 1024;
      unit = next;
    }
    return unit.equals("B") ? bytes + unit : String.format(Locale.ROOT, "%.2f%s", size, unit);
  }
}
