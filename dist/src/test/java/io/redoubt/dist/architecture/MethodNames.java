package io.redoubt.dist.architecture;

import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.constant.ConstantDescs;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Finds methods without a result whose name is no verb: at a call, {@code client.executing(true)}
 * and {@code client.ended()} read like questions. A setter is {@code setX}, a report of others
 * {@code onX}.
 */
final class MethodNames {
  private static final Pattern FIRST_WORD = Pattern.compile("^[a-z]+");

  /** Verbs that end like a participle. */
  private static final Set<String> VERBS =
      Set.of("embed", "exceed", "feed", "need", "proceed", "seed", "shed", "speed", "succeed");

  /** Participles of other forms, without those that are the verb itself (read, put, cut). */
  private static final Set<String> IRREGULAR =
      Set.of(
          "begun",
          "bound",
          "broken",
          "chosen",
          "done",
          "drawn",
          "forgotten",
          "found",
          "given",
          "gone",
          "grown",
          "heard",
          "held",
          "hidden",
          "kept",
          "known",
          "lost",
          "made",
          "met",
          "seen",
          "sent",
          "shown",
          "spent",
          "stolen",
          "stopped",
          "taken",
          "told",
          "understood",
          "won",
          "written");

  private MethodNames() {}

  /** Returns the methods of a class that are named like a field that they set, or a participle. */
  static List<String> wrong(ClassModel model) {
    List<String> wrong = new ArrayList<>();
    for (MethodModel method : model.methods()) {
      if (method.flags().has(AccessFlag.SYNTHETIC)
          || !method.methodTypeSymbol().returnType().equals(ConstantDescs.CD_void)) {
        continue;
      }
      String name = method.methodName().stringValue();
      if (isParticiple(name)
          || (method.methodTypeSymbol().parameterCount() == 1 && sets(method, model, name))) {
        wrong.add(name);
      }
    }
    return wrong;
  }

  private static boolean isParticiple(String name) {
    var matcher = FIRST_WORD.matcher(name);
    if (!matcher.find()) {
      return false;
    }
    String word = matcher.group();
    return (word.endsWith("ed") && !VERBS.contains(word)) || IRREGULAR.contains(word);
  }

  /** Returns true if a method assigns the field of its class that has its name. */
  private static boolean sets(MethodModel method, ClassModel model, String name) {
    return method
        .code()
        .map(code ->
            code.elementStream()
                .anyMatch(element ->
                    element instanceof FieldInstruction put
                        && put.opcode() == Opcode.PUTFIELD
                        && put.name().equalsString(name)
                        && put.owner().asInternalName().equals(model.thisClass().asInternalName())))
        .orElse(false);
  }
}
