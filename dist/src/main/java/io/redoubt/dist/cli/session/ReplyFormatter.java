package io.redoubt.dist.cli.session;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Doubles;
import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.resp.Reply;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * Formats replies as Redis' client does. The text has one character of ISO 8859-1 for each byte,
 * because values are bytes of any encoding.
 */
public final class ReplyFormatter {
  private final OutputForm form;
  private final String elementDelimiter;
  private final String replyDelimiter;

  /**
   * Creates a formatter.
   *
   * @param elementDelimiter stands between elements of raw output
   * @param replyDelimiter ends a raw reply
   */
  public ReplyFormatter(OutputForm form, String elementDelimiter, String replyDelimiter) {
    this.form = form;
    this.elementDelimiter = elementDelimiter;
    this.replyDelimiter = replyDelimiter;
  }

  /**
   * Formats a reply with what ends it.
   *
   * @param isReport the reply is a text for people, such as that of INFO, which is never quoted
   */
  public String format(Reply reply, boolean isReport) {
    if (isReport) {
      return raw(reply);
    }
    return switch (form) {
      case STANDARD -> standard(reply, "");
      case RAW -> raw(reply) + replyDelimiter;
      case CSV -> csv(reply) + "\n";
      case JSON, QUOTED_JSON -> json(reply) + "\n";
    };
  }

  private static String bytes(String text) {
    return new String(text.getBytes(UTF_8), ISO_8859_1);
  }

  private static String bytes(Reply.Bulk bulk) {
    return new String(bulk.bytes(), ISO_8859_1);
  }

  private static String quoted(String text) {
    return Quoting.quote(text.getBytes(ISO_8859_1));
  }

  private String standard(Reply reply, String prefix) {
    return switch (reply) {
      case Reply.Simple simple -> bytes(simple.value()) + "\n";
      case Reply.Error error -> "(error) " + bytes(error.message()) + "\n";
      case Reply.Integer integer -> "(integer) " + integer.value() + "\n";
      case Reply.Double number -> "(double) " + Doubles.format(number.value()) + "\n";
      case Reply.BigNumber number -> number.digits() + "\n";
      case Reply.Bool bool -> "(" + bool.value() + ")\n";
      case Reply.Null _ -> "(nil)\n";
      case Reply.Bulk bulk -> Quoting.quote(bulk.bytes()) + "\n";
      case Reply.Verbatim verbatim -> bytes(verbatim.value()) + "\n";
      case Reply.Array array -> numbered(array.elements(), "array", ')', prefix);
      case Reply.Set set -> numbered(set.elements(), "set", '~', prefix);
      case Reply.Push push -> numbered(push.elements(), "push", '>', prefix);
      case Reply.Map map -> numberedPairs(map, prefix);
    };
  }

  private String numbered(List<Reply> elements, String kind, char mark, String prefix) {
    if (elements.isEmpty()) {
      return "(empty " + kind + ")\n";
    }
    int width = Integer.toString(elements.size()).length();
    String inner = prefix + " ".repeat(width + 2);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < elements.size(); i++) {
      // The line of the first element has its prefix already: it goes on a line of the outer one.
      text.append(i == 0 ? "" : prefix).append(number(i + 1, width)).append(mark).append(' ');
      text.append(standard(elements.get(i), inner));
    }
    return text.toString();
  }

  private String numberedPairs(Reply.Map map, String prefix) {
    int count = map.keys().size();
    if (count == 0) {
      return "(empty hash)\n";
    }
    int width = Integer.toString(count).length();
    String inner = prefix + " ".repeat(width + 2);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(i == 0 ? "" : prefix).append(number(i + 1, width)).append("# ");
      text.append(standard(map.keys().get(i), inner));
      text.setLength(text.length() - 1); // the value follows on the same line
      Reply value = map.values().get(i);
      text.append(" => ").append(startsOnALine(value) ? "\n" + inner : "");
      text.append(standard(value, inner));
    }
    return text.toString();
  }

  /** Returns true for a value of several elements, which a map's name does not stand before. */
  private static boolean startsOnALine(Reply value) {
    return switch (value) {
      case Reply.Array array -> array.elements().size() > 1;
      case Reply.Set set -> set.elements().size() > 1;
      case Reply.Map map -> map.keys().size() > 1;
      default -> false;
    };
  }

  private static String number(int number, int width) {
    String digits = Integer.toString(number);
    return " ".repeat(width - digits.length()) + digits;
  }

  private String raw(Reply reply) {
    return switch (reply) {
      case Reply.Simple simple -> bytes(simple.value());
      case Reply.Error error -> bytes(error.message()) + "\n";
      case Reply.Integer integer -> Long.toString(integer.value());
      case Reply.Double number -> Doubles.format(number.value());
      case Reply.BigNumber number -> number.digits();
      case Reply.Bool bool -> "(" + bool.value() + ")";
      case Reply.Null _ -> "";
      case Reply.Bulk bulk -> bytes(bulk);
      case Reply.Verbatim verbatim -> bytes(verbatim.value());
      case Reply.Array array -> rawElements(array.elements());
      case Reply.Set set -> rawElements(set.elements());
      case Reply.Push push -> rawElements(push.elements());
      case Reply.Map map -> {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < map.keys().size(); i++) {
          text.append(i == 0 ? "" : elementDelimiter);
          text.append(raw(map.keys().get(i))).append(' ').append(raw(map.values().get(i)));
        }
        yield text.toString();
      }
    };
  }

  private String rawElements(List<Reply> elements) {
    return joined(elements, elementDelimiter, this::raw);
  }

  private static String joined(
      List<Reply> elements, String delimiter, Function<Reply, String> form) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < elements.size(); i++) {
      text.append(i == 0 ? "" : delimiter).append(form.apply(elements.get(i)));
    }
    return text.toString();
  }

  private String csv(Reply reply) {
    return switch (reply) {
      case Reply.Simple simple -> quoted(bytes(simple.value()));
      case Reply.Error error -> "ERROR," + quoted(bytes(error.message()));
      case Reply.Integer integer -> Long.toString(integer.value());
      case Reply.Double number -> Doubles.format(number.value());
      case Reply.BigNumber number -> number.digits();
      case Reply.Bool bool -> Boolean.toString(bool.value());
      case Reply.Null _ -> "NULL";
      case Reply.Bulk bulk -> Quoting.quote(bulk.bytes());
      case Reply.Verbatim verbatim -> quoted(bytes(verbatim.value()));
      case Reply.Array array -> joined(array.elements(), ",", this::csv);
      case Reply.Set set -> joined(set.elements(), ",", this::csv);
      case Reply.Push push -> joined(push.elements(), ",", this::csv);
      case Reply.Map map -> pairs(map, ",", this::csv, this::csv);
    };
  }

  private static String pairs(
      Reply.Map map,
      String between,
      Function<Reply, String> keyForm,
      Function<Reply, String> valueForm) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < map.keys().size(); i++) {
      text.append(i == 0 ? "" : ",").append(keyForm.apply(map.keys().get(i)));
      text.append(between).append(valueForm.apply(map.values().get(i)));
    }
    return text.toString();
  }

  private String json(Reply reply) {
    return switch (reply) {
      case Reply.Simple simple -> jsonString(bytes(simple.value()));
      case Reply.Error error -> "error:" + jsonString(bytes(error.message()));
      case Reply.Integer integer -> Long.toString(integer.value());
      case Reply.Double number -> Doubles.format(number.value());
      case Reply.BigNumber number -> number.digits();
      case Reply.Bool bool -> Boolean.toString(bool.value());
      case Reply.Null _ -> "null";
      case Reply.Bulk bulk -> jsonString(bytes(bulk));
      case Reply.Verbatim verbatim -> jsonString(bytes(verbatim.value()));
      case Reply.Array array -> "[" + joined(array.elements(), ",", this::json) + "]";
      case Reply.Set set -> "[" + joined(set.elements(), ",", this::json) + "]";
      case Reply.Push push -> "[" + joined(push.elements(), ",", this::json) + "]";
      case Reply.Map map -> "{" + pairs(map, ":", this::jsonKey, this::json) + "}";
    };
  }

  /** Returns a name of a JSON object, which must be a string. */
  private String jsonKey(Reply key) {
    String text = json(key);
    return text.startsWith("\"") ? text : '"' + text + '"';
  }

  private String jsonString(String text) {
    if (form == OutputForm.JSON) {
      return escaped(text);
    }
    String quoted = quoted(text);
    return escaped(quoted.substring(1, quoted.length() - 1));
  }

  private static String escaped(String text) {
    StringBuilder json = new StringBuilder(text.length() + 2).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\\' -> json.append("\\\\");
        case '"' -> json.append("\\\"");
        case '\n' -> json.append("\\n");
        case '\f' -> json.append("\\f");
        case '\r' -> json.append("\\r");
        case '\t' -> json.append("\\t");
        case '\b' -> json.append("\\b");
        default -> {
          if (c < ' ') {
            json.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
          } else {
            json.append(c);
          }
        }
      }
    }
    return json.append('"').toString();
  }
}
