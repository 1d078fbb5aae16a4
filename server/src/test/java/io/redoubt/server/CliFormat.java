package io.redoubt.server;

import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.resp.Reply;
import java.util.List;

/** Formats replies the way {@code redis-cli} prints them on a terminal. */
final class CliFormat {
  private CliFormat() {}

  static String of(Reply reply) {
    StringBuilder text = new StringBuilder();
    write(reply, "", text);
    return text.toString();
  }

  private static void write(Reply reply, String indent, StringBuilder text) {
    switch (reply) {
      case Reply.Simple simple -> text.append(simple.value());
      case Reply.Error error -> text.append("(error) ").append(error.message());
      case Reply.Integer integer -> text.append("(integer) ").append(integer.value());
      case Reply.Bulk bulk -> text.append(Quoting.quote(bulk.bytes()));
      case Reply.Null _ -> text.append("(nil)");
      case Reply.Bool bool -> text.append(bool.value() ? "(true)" : "(false)");
      case Reply.Double _ -> text.append("(double) ").append(reply.text());
      case Reply.BigNumber number -> text.append(number.digits());
      case Reply.Verbatim verbatim -> text.append(verbatim.value());
      case Reply.Array array -> list(array.elements(), ")", "(empty array)", indent, text);
      case Reply.Set set -> list(set.elements(), "~", "(empty set)", indent, text);
      case Reply.Push push -> list(push.elements(), ">", "(empty push)", indent, text);
      case Reply.Map map -> map(map, indent, text);
    }
  }

  private static void list(
      List<Reply> elements, String mark, String empty, String indent, StringBuilder text) {
    if (elements.isEmpty()) {
      text.append(empty);
    }
    int width = Integer.toString(elements.size()).length();
    for (int i = 0; i < elements.size(); i++) {
      String label = ("%" + width + "d%s ").formatted(i + 1, mark);
      text.append(i == 0 ? "" : '\n' + indent).append(label);
      write(elements.get(i), indent + " ".repeat(label.length()), text);
    }
  }

  private static void map(Reply.Map map, String indent, StringBuilder text) {
    if (map.keys().isEmpty()) {
      text.append("(empty hash)");
    }
    int width = Integer.toString(map.keys().size()).length();
    for (int i = 0; i < map.keys().size(); i++) {
      String label = ("%" + width + "d# ").formatted(i + 1);
      text.append(i == 0 ? "" : '\n' + indent).append(label);
      write(map.keys().get(i), indent + " ".repeat(label.length()), text);
      text.append(" => ");
      write(map.values().get(i), indent + " ".repeat(label.length() + 4), text);
    }
  }
}
