package io.redoubt.dist.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.config.DirectiveGroup;
import io.redoubt.protocol.config.Directives;
import io.redoubt.protocol.config.directive.Directive;
import io.redoubt.protocol.config.directive.TextDirective;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The shipped files and the manual say of a directive either what it does or that it has no effect.
 * A directive has an effect in a program if the code of that program reads it.
 */
final class DirectiveEffectsTest {
  private static final List<String> SHARED = List.of("protocol", "persistence");

  /** The classes that read a field, by {@code owner#name}. */
  private static Map<String, Set<String>> readers(List<String> modules) {
    Map<String, Set<String>> readers = new HashMap<>();
    for (String module : modules) {
      try (Stream<Path> files =
          Files.walk(CompiledClass.ROOT.resolve(module + "/target/classes"))) {
        files
            .filter(file -> file.toString().endsWith(".class"))
            .forEach(file -> addReads(parsed(file), readers));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return readers;
  }

  private static ClassModel parsed(Path file) {
    try {
      return ClassFile.of().parse(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void addReads(ClassModel model, Map<String, Set<String>> readers) {
    String reader = model.thisClass().asInternalName();
    for (MethodModel method : model.methods()) {
      if (method.code().isEmpty()) {
        continue;
      }
      for (CodeElement element : method.code().get()) {
        if (element instanceof FieldInstruction read && read.opcode() == Opcode.GETFIELD) {
          String owner = read.owner().asInternalName();
          // A constructor of directives sets defaults and checks.
          if (!reader.endsWith("Directives") || !method.methodName().equalsString("<init>")) {
            readers
                .computeIfAbsent(owner + "#" + read.name().stringValue(), key -> new TreeSet<>())
                .add(reader + "." + method.methodName().stringValue());
          }
        }
      }
    }
  }

  /** The directives of a program by their fields. */
  private static Map<String, Directive<?, ?>> declared(Directives directives) throws Exception {
    Map<String, Directive<?, ?>> declared = new TreeMap<>();
    addDeclared(directives, new HashSet<>(), declared);
    assertThat(declared).hasSizeGreaterThan(50);
    return declared;
  }

  private static void addDeclared(
      DirectiveGroup group, Set<DirectiveGroup> seen, Map<String, Directive<?, ?>> declared)
      throws Exception {
    if (!seen.add(group)) {
      return;
    }
    for (Field field : group.getClass().getFields()) {
      if (!Modifier.isStatic(field.getModifiers())) {
        Object value = field.get(group);
        if (value instanceof DirectiveGroup other) {
          addDeclared(other, seen, declared);
        } else if (value instanceof TextDirective text && text.secret() != null) {
          // The reader of configurations replaces it by the content of the file.
          assertThat(text.name()).endsWith("-file");
        } else if (value instanceof Directive<?, ?> directive) {
          String owner = field.getDeclaringClass().getName().replace('.', '/');
          declared.put(owner + "#" + field.getName(), directive);
        }
      }
    }
  }

  private static Set<String> untrue(Directives directives, String module) throws Exception {
    Map<String, Set<String>> readers =
        readers(Stream.concat(SHARED.stream(), Stream.of(module)).toList());
    Set<String> untrue = new TreeSet<>();
    declared(directives)
        .forEach((field, directive) -> {
          Set<String> reading = readers.getOrDefault(field, Set.of());
          if (directive.isWithoutEffect() != reading.isEmpty()) {
            untrue.add(
                directive.name()
                    + (reading.isEmpty() ? " is read nowhere" : " is read by " + reading));
          }
        });
    return untrue;
  }

  @Test
  void ofAServerAreWhatItsTextsSay() throws Exception {
    assertThat(untrue(new ServerDirectives(), "server")).isEmpty();
  }

  @Test
  void ofASentinelAreWhatItsTextsSay() throws Exception {
    assertThat(untrue(new SentinelDirectives(), "sentinel")).isEmpty();
  }
}
