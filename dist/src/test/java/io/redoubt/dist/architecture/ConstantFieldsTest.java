package io.redoubt.dist.architecture;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.Instruction;
import java.lang.classfile.MethodModel;
import java.lang.classfile.constantpool.MethodHandleEntry;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The texts of metrics say <i>Always 0</i> of exactly those fields of INFO that are declared with a
 * constant: what a field stands for may come into being, or go.
 */
final class ConstantFieldsTest {
  private static final List<String> MODULES =
      List.of("protocol", "persistence", "server", "sentinel");
  private static final String TEXTS = "/io/redoubt/protocol/metrics/info-fields.tsv";

  private static Map<String, String> texts() throws IOException {
    try (InputStream in = ConstantFieldsTest.class.getResourceAsStream(TEXTS)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), UTF_8)
          .lines()
          .map(line -> line.split("\t", 2))
          .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1]));
    }
  }

  /** Returns the values of fields by their names; null for one that is not a constant. */
  private static Map<String, Set<String>> declared(Set<String> fields) throws IOException {
    Map<String, Set<String>> declared = new HashMap<>();
    for (String module : MODULES) {
      try (Stream<Path> files =
          Files.walk(CompiledClass.ROOT.resolve(module + "/target/classes"))) {
        for (Path file : files.filter(it -> it.toString().endsWith(".class")).toList()) {
          ClassModel model = ClassFile.of().parse(file);
          for (MethodModel method : model.methods()) {
            addDeclared(model, method, fields, declared);
          }
        }
      }
    }
    return declared;
  }

  private static void addDeclared(
      ClassModel model, MethodModel method, Set<String> fields, Map<String, Set<String>> declared) {
    List<Instruction> code = CompiledClass.instructions(method);
    for (int i = 0; i < code.size(); i++) {
      if (code.get(i) instanceof ConstantInstruction name
          && name.constantValue() instanceof String field
          && fields.contains(field)) {
        supplier(code.subList(i + 1, code.size()))
            .ifPresent(supplier ->
                declared
                    .computeIfAbsent(field, key -> new TreeSet<>())
                    .add(constant(model, supplier)));
      }
    }
  }

  /** Returns the first lambda expression or method reference before another text. */
  private static Optional<InvokeDynamicInstruction> supplier(List<Instruction> code) {
    return code.stream()
        .takeWhile(next ->
            !(next instanceof ConstantInstruction text && text.constantValue() instanceof String))
        .filter(InvokeDynamicInstruction.class::isInstance)
        .map(InvokeDynamicInstruction.class::cast)
        .findFirst();
  }

  /** Returns the constant that a lambda expression returns, or {@code varies}. */
  private static String constant(ClassModel model, InvokeDynamicInstruction supplier) {
    for (var argument : supplier.invokedynamic().bootstrap().arguments()) {
      if (argument instanceof MethodHandleEntry handle) {
        String name = handle.reference().name().stringValue();
        for (MethodModel method : model.methods()) {
          if (method.methodName().equalsString(name)) {
            List<Instruction> code = CompiledClass.instructions(method);
            if (code.size() == 2
                && code.get(0) instanceof ConstantInstruction value
                && code.get(1) instanceof ReturnInstruction) {
              double number = ((Number) value.constantValue()).doubleValue();
              return Long.toString((long) number);
            }
          }
        }
      }
    }
    return "varies";
  }

  @Test
  void areThoseWhoseTextsSaySo() throws IOException {
    Map<String, String> texts = texts();
    Map<String, Set<String>> declared = declared(texts.keySet());
    assertThat(declared).hasSizeGreaterThan(100);
    Set<String> wrong = new TreeSet<>();
    declared.forEach((field, values) -> {
      String text = Objects.requireNonNull(texts.get(field));
      String value = values.size() == 1 ? values.iterator().next() : "varies";
      String said =
          text.startsWith("Always ") ? text.replaceFirst("Always (\\d+): .*", "$1") : "varies";
      if (!value.equals(said)) {
        wrong.add(field + " " + values + ": " + text);
      }
    });
    assertThat(wrong).isEmpty();
    Set<String> constant = new TreeSet<>(texts.keySet());
    constant.removeIf(field -> !texts.get(field).startsWith("Always "));
    assertThat(declared.keySet()).containsAll(constant);
  }
}
