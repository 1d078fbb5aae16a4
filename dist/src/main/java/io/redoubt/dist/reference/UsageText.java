package io.redoubt.dist.reference;

import io.redoubt.protocol.resp.Reply;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The usage line of a command, made of its arguments in the reply to COMMAND DOCS. */
final class UsageText {
  private UsageText() {}

  static Map<String, Reply> fields(Reply map) {
    Map<String, Reply> fields = new HashMap<>();
    List<Reply> pairs = map.elements();
    for (int i = 0; i + 1 < pairs.size(); i += 2) {
      fields.put(pairs.get(i).text(), pairs.get(i + 1));
    }
    return fields;
  }

  /** Returns the form of arguments, such as {@code key value [NX | XX]}. */
  static String of(@Nullable Reply arguments) {
    return joined(arguments, " ");
  }

  private static String joined(@Nullable Reply arguments, String separator) {
    List<String> forms = new ArrayList<>();
    if (arguments != null) {
      arguments.elements().forEach(argument -> forms.add(form(fields(argument))));
    }
    return String.join(separator, forms);
  }

  private static String form(Map<String, Reply> fields) {
    String token = text(fields, "token");
    String type = text(fields, "type");
    String content =
        switch (type) {
          case "pure-token" -> token;
          case "oneof" -> joined(fields.get("arguments"), " | ");
          case "block" -> of(fields.get("arguments"));
          default -> text(fields, "name");
        };
    List<String> flags = new ArrayList<>();
    Reply declared = fields.get("flags");
    if (declared != null) {
      declared.elements().forEach(flag -> flags.add(flag.text()));
    }
    boolean hasToken = !token.isEmpty() && !type.equals("pure-token");
    if (flags.contains("multiple")) {
      String again = flags.contains("multiple_token") ? token + " " + content : content;
      content = content + " [" + again + " ...]";
    } else if (type.equals("oneof") && (hasToken || !flags.contains("optional"))) {
      content = "<" + content + ">";
    }
    String whole = hasToken ? token + " " + content : content;
    return flags.contains("optional") ? "[" + whole + "]" : whole;
  }

  private static String text(Map<String, Reply> fields, String name) {
    Reply value = fields.get(name);
    return value == null || value.isNull() ? "" : value.text();
  }
}
