package io.redoubt.dist.cli.session;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Doubles;
import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.resp.Reply;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Formats replies as Redis' client does. The text has one character of ISO 8859-1 for each byte,
 * because values are bytes of any encoding.
 */
public final class ReplyFormatter {
  /**
   * Longer values are formatted in pieces, because the text of 512 MB may exceed a string's limit.
   */
  private static final int PIECE_BYTES = 64 * 1024;

  private final OutputForm form;
  private final String elementDelimiter;
  private final String replyDelimiter;

  /**
   * Creates a formatter.
   *
   * @param elementDelimiter separates elements of raw output
   * @param replyDelimiter ends a raw reply
   */
  public ReplyFormatter(OutputForm form, String elementDelimiter, String replyDelimiter) {
    this.form = form;
    this.elementDelimiter = elementDelimiter;
    this.replyDelimiter = replyDelimiter;
  }

  /** Formats a reply as {@link #print} does. */
  public String format(Reply reply, boolean isReport) {
    StringBuilder text = new StringBuilder();
    print(reply, isReport, text::append);
    return text.toString();
  }

  /**
   * Formats a reply and its delimiter, and passes the text on in pieces.
   *
   * @param isReport the reply is a text for people, such as that of INFO, which is never quoted
   */
  public void print(Reply reply, boolean isReport, Consumer<String> target) {
    Output out = new Output(target);
    if (isReport) {
      raw(reply, out);
    } else {
      switch (form) {
        case STANDARD -> standard(reply, "", out);
        case RAW -> raw(reply, out).add(replyDelimiter);
        case CSV -> csv(reply, out).add("\n");
        case JSON, QUOTED_JSON -> json(reply, out).add("\n");
      }
    }
    out.flush();
  }

  /** Collects small texts, because printing a million elements one by one is slow. */
  private static final class Output {
    private final Consumer<String> target;
    private final StringBuilder text = new StringBuilder();

    Output(Consumer<String> target) {
      this.target = target;
    }

    Output add(String more) {
      text.append(more);
      if (text.length() >= PIECE_BYTES) {
        flush();
      }
      return this;
    }

    void flush() {
      target.accept(text.toString());
      text.setLength(0);
    }

    /** Adds the bytes as {@code formatted} renders them, piece by piece. */
    Output add(byte[] bytes, Form<byte[]> formatted) {
      for (int at = 0; at < bytes.length; at += PIECE_BYTES) {
        formatted.add(
            Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + PIECE_BYTES)), this);
      }
      return this;
    }
  }

  /** Renders a value to the output. */
  private interface Form<T> {
    Output add(T value, Output out);
  }

  private static Output plain(byte[] bytes, Output out) {
    return out.add(bytes, (piece, to) -> to.add(new String(piece, ISO_8859_1)));
  }

  private static Output plain(String text, Output out) {
    return plain(text.getBytes(UTF_8), out);
  }

  private static Output quoted(byte[] bytes, Output out) {
    return out.add("\"").add(bytes, (piece, to) -> to.add(quotedContent(piece))).add("\"");
  }

  private static Output quoted(String text, Output out) {
    return quoted(text.getBytes(UTF_8), out);
  }

  private static String quotedContent(byte[] bytes) {
    String quoted = Quoting.quote(bytes);
    return quoted.substring(1, quoted.length() - 1);
  }

  private Output standard(Reply reply, String prefix, Output out) {
    return switch (reply) {
      case Reply.Simple simple -> plain(simple.value(), out).add("\n");
      case Reply.Error error -> plain(error.message(), out.add("(error) ")).add("\n");
      case Reply.Integer integer -> out.add("(integer) " + integer.value() + "\n");
      case Reply.Double number -> out.add("(double) " + Doubles.format(number.value()) + "\n");
      case Reply.BigNumber number -> out.add(number.digits() + "\n");
      case Reply.Bool bool -> out.add("(" + bool.value() + ")\n");
      case Reply.Null _ -> out.add("(nil)\n");
      case Reply.Bulk bulk -> quoted(bulk.bytes(), out).add("\n");
      case Reply.Verbatim verbatim -> plain(verbatim.value(), out).add("\n");
      case Reply.Array array -> numbered(array.elements(), "array", ')', prefix, out);
      case Reply.Set set -> numbered(set.elements(), "set", '~', prefix, out);
      case Reply.Push push -> numbered(push.elements(), "push", '>', prefix, out);
      case Reply.Map map -> numberedPairs(map, prefix, out);
    };
  }

  private Output numbered(List<Reply> elements, String kind, char mark, String prefix, Output out) {
    if (elements.isEmpty()) {
      return out.add("(empty " + kind + ")\n");
    }
    int width = Integer.toString(elements.size()).length();
    String inner = prefix + " ".repeat(width + 2);
    for (int i = 0; i < elements.size(); i++) {
      // The first element continues a line of the outer array, which already has the prefix.
      out.add(i == 0 ? "" : prefix).add(number(i + 1, width)).add(mark + " ");
      standard(elements.get(i), inner, out);
    }
    return out;
  }

  private Output numberedPairs(Reply.Map map, String prefix, Output out) {
    int count = map.keys().size();
    if (count == 0) {
      return out.add("(empty hash)\n");
    }
    int width = Integer.toString(count).length();
    String inner = prefix + " ".repeat(width + 2);
    for (int i = 0; i < count; i++) {
      out.add(i == 0 ? "" : prefix).add(number(i + 1, width)).add("# ");
      String key = text(map.keys().get(i), (reply, to) -> standard(reply, inner, to));
      out.add(key.substring(0, key.length() - 1)); // the value follows on the same line
      Reply value = map.values().get(i);
      out.add(" => ").add(startsOnALine(value) ? "\n" + inner : "");
      standard(value, inner, out);
    }
    return out;
  }

  private static String text(Reply reply, Form<Reply> form) {
    StringBuilder text = new StringBuilder();
    form.add(reply, new Output(text::append)).flush();
    return text.toString();
  }

  /** Returns true for a value of several elements, which starts on a new line after a map's key. */
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

  private Output raw(Reply reply, Output out) {
    return switch (reply) {
      case Reply.Simple simple -> plain(simple.value(), out);
      case Reply.Error error -> plain(error.message(), out).add("\n");
      case Reply.Integer integer -> out.add(Long.toString(integer.value()));
      case Reply.Double number -> out.add(Doubles.format(number.value()));
      case Reply.BigNumber number -> out.add(number.digits());
      case Reply.Bool bool -> out.add("(" + bool.value() + ")");
      case Reply.Null _ -> out;
      case Reply.Bulk bulk -> plain(bulk.bytes(), out);
      case Reply.Verbatim verbatim -> plain(verbatim.value(), out);
      case Reply.Array array -> joined(array.elements(), elementDelimiter, this::raw, out);
      case Reply.Set set -> joined(set.elements(), elementDelimiter, this::raw, out);
      case Reply.Push push -> joined(push.elements(), elementDelimiter, this::raw, out);
      case Reply.Map map -> pairs(map, elementDelimiter, " ", this::raw, this::raw, out);
    };
  }

  private static Output joined(
      List<Reply> elements, String delimiter, Form<Reply> form, Output out) {
    for (int i = 0; i < elements.size(); i++) {
      form.add(elements.get(i), out.add(i == 0 ? "" : delimiter));
    }
    return out;
  }

  private static Output pairs(
      Reply.Map map,
      String delimiter,
      String between,
      Form<Reply> keyForm,
      Form<Reply> valueForm,
      Output out) {
    for (int i = 0; i < map.keys().size(); i++) {
      keyForm.add(map.keys().get(i), out.add(i == 0 ? "" : delimiter)).add(between);
      valueForm.add(map.values().get(i), out);
    }
    return out;
  }

  private Output csv(Reply reply, Output out) {
    return switch (reply) {
      case Reply.Simple simple -> quoted(simple.value(), out);
      case Reply.Error error -> quoted(error.message(), out.add("ERROR,"));
      case Reply.Integer integer -> out.add(Long.toString(integer.value()));
      case Reply.Double number -> out.add(Doubles.format(number.value()));
      case Reply.BigNumber number -> out.add(number.digits());
      case Reply.Bool bool -> out.add(Boolean.toString(bool.value()));
      case Reply.Null _ -> out.add("NULL");
      case Reply.Bulk bulk -> quoted(bulk.bytes(), out);
      case Reply.Verbatim verbatim -> quoted(verbatim.value(), out);
      case Reply.Array array -> joined(array.elements(), ",", this::csv, out);
      case Reply.Set set -> joined(set.elements(), ",", this::csv, out);
      case Reply.Push push -> joined(push.elements(), ",", this::csv, out);
      case Reply.Map map -> pairs(map, ",", ",", this::csv, this::csv, out);
    };
  }

  private Output json(Reply reply, Output out) {
    return switch (reply) {
      case Reply.Simple simple -> jsonString(simple.value(), out);
      case Reply.Error error -> jsonString(error.message(), out.add("error:"));
      case Reply.Integer integer -> out.add(Long.toString(integer.value()));
      case Reply.Double number -> out.add(Doubles.format(number.value()));
      case Reply.BigNumber number -> out.add(number.digits());
      case Reply.Bool bool -> out.add(Boolean.toString(bool.value()));
      case Reply.Null _ -> out.add("null");
      case Reply.Bulk bulk -> jsonString(bulk.bytes(), out);
      case Reply.Verbatim verbatim -> jsonString(verbatim.value(), out);
      case Reply.Array array -> joined(array.elements(), ",", this::json, out.add("[")).add("]");
      case Reply.Set set -> joined(set.elements(), ",", this::json, out.add("[")).add("]");
      case Reply.Push push -> joined(push.elements(), ",", this::json, out.add("[")).add("]");
      case Reply.Map map -> pairs(map, ",", ":", this::jsonKey, this::json, out.add("{")).add("}");
    };
  }

  /** Adds a name of a JSON object, which must be a string. */
  private Output jsonKey(Reply key, Output out) {
    String text = text(key, this::json);
    return out.add(text.startsWith("\"") ? text : '"' + text + '"');
  }

  private Output jsonString(byte[] bytes, Output out) {
    return out.add("\"").add(bytes, (piece, to) -> to.add(jsonContent(piece))).add("\"");
  }

  private Output jsonString(String text, Output out) {
    return jsonString(text.getBytes(UTF_8), out);
  }

  private String jsonContent(byte[] bytes) {
    return escaped(form == OutputForm.JSON ? new String(bytes, ISO_8859_1) : quotedContent(bytes));
  }

  private static String escaped(String text) {
    StringBuilder json = new StringBuilder(text.length());
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
    return json.toString();
  }
}
