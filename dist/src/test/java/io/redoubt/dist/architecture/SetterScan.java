package io.redoubt.dist.architecture;

import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.Instruction;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.MethodHandleEntry;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.reflect.AccessFlag;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Finds late setters: methods that give an object a part of the program after its construction, and
 * that are called only while the program is put together.
 *
 * <p>A late setter stores a parameter in a field of its object. The parameter is a part: a class or
 * an interface of the project that is neither a record nor an enum, or a functional interface of
 * Java. The program is put together by constructors, by {@code main}, by the methods of the
 * packages that assemble it, and by all methods that only those call. A lambda expression, and a
 * method that one refers to or that a supertype declares, runs later.
 */
final class SetterScan {
  private static final String CONSTRUCTOR = "<init>";

  private final Map<String, ClassModel> models;
  private final Map<String, MethodModel> methods = new TreeMap<>();
  private final Map<String, ClassModel> owners = new HashMap<>();
  private final Map<String, Set<String>> callers = new HashMap<>();

  /** The methods that a lambda expression or a method reference stands for. */
  private final Set<String> references = new HashSet<>();

  private final Set<String> wiring = new HashSet<>();

  /**
   * Scans classes.
   *
   * @param models the classes by their internal names
   * @param assemblies the packages, without the root package, that put the program together
   */
  SetterScan(Map<String, ClassModel> models, Collection<String> assemblies) {
    this.models = models;
    models.values().forEach(this::addMethods);
    methods.forEach(this::addCalls);
    methods.forEach((key, method) -> {
      if (isRoot(key, method, assemblies)) {
        wiring.add(key);
      }
    });
    while (addMethodsThatOnlyWiringCalls()) {
      // until no more is found
    }
  }

  /** Returns the late setters as {@code Class.method}. */
  Set<String> setters() {
    Set<String> found = new TreeSet<>();
    methods.forEach((key, method) -> {
      ClassModel owner = owners.get(key);
      if (wiring.contains(key)
          && method.methodTypeSymbol().returnType().equals(ConstantDescs.CD_void)
          && !method.methodName().equalsString(CONSTRUCTOR)
          && isCalledByOthers(key, owner)
          && storesPart(method)) {
        found.add(simpleName(owner) + "." + method.methodName().stringValue());
      }
    });
    return found;
  }

  private void addMethods(ClassModel model) {
    for (MethodModel method : model.methods()) {
      String key =
          key(
              model.thisClass().asInternalName(),
              method.methodName().stringValue(),
              method.methodType().stringValue());
      methods.put(key, method);
      owners.put(key, model);
    }
  }

  private static String key(String owner, String name, String type) {
    return owner + "." + name + type;
  }

  private static String key(MemberRefEntry member) {
    return key(
        member.owner().asInternalName(), member.name().stringValue(), member.type().stringValue());
  }

  private void addCalls(String caller, MethodModel method) {
    method
        .code()
        .ifPresent(code -> {
          for (CodeElement element : code) {
            if (element instanceof InvokeInstruction call) {
              callers.computeIfAbsent(key(call.method()), name -> new HashSet<>()).add(caller);
            } else if (element instanceof InvokeDynamicInstruction lambda) {
              for (var argument : lambda.invokedynamic().bootstrap().arguments()) {
                if (argument instanceof MethodHandleEntry handle) {
                  references.add(key(handle.reference()));
                }
              }
            }
          }
        });
  }

  private boolean isRoot(String key, MethodModel method, Collection<String> assemblies) {
    String name = method.methodName().stringValue();
    if (name.equals(CONSTRUCTOR) || name.equals("main")) {
      return true;
    }
    String owner = owners.get(key).thisClass().asInternalName().replace('/', '.');
    return assemblies.contains(CompiledClass.packageOf(owner)) && !runsLater(key);
  }

  private boolean runsLater(String key) {
    return references.contains(key) || isDeclaredAbove(owners.get(key), methods.get(key));
  }

  /** Returns true if a supertype of a class declares a method. */
  private boolean isDeclaredAbove(ClassModel model, MethodModel method) {
    Set<String> above = new HashSet<>();
    model.superclass().ifPresent(each -> above.add(each.asInternalName()));
    model.interfaces().forEach(each -> above.add(each.asInternalName()));
    return above.stream()
        .map(models::get)
        .anyMatch(type ->
            type != null
                && (type.methods().stream()
                        .anyMatch(each ->
                            each.methodName().equals(method.methodName())
                                && each.methodType().equals(method.methodType()))
                    || isDeclaredAbove(type, method)));
  }

  private boolean addMethodsThatOnlyWiringCalls() {
    boolean added = false;
    for (String key : methods.keySet()) {
      Set<String> calling = callers.getOrDefault(key, Set.of());
      if (!wiring.contains(key)
          && !calling.isEmpty()
          && wiring.containsAll(calling)
          && !runsLater(key)) {
        wiring.add(key);
        added = true;
      }
    }
    return added;
  }

  private boolean isCalledByOthers(String key, ClassModel owner) {
    return callers.getOrDefault(key, Set.of()).stream()
        .anyMatch(caller -> owners.get(caller) != owner);
  }

  private boolean storesPart(MethodModel method) {
    List<Instruction> code = CompiledClass.instructions(method);
    for (int i = 2; i < code.size(); i++) {
      if (code.get(i) instanceof FieldInstruction put
          && put.opcode() == Opcode.PUTFIELD
          && isPart(put.type().stringValue())
          && code.get(i - 1) instanceof LoadInstruction value
          && isParameter(method, value.slot())
          && code.get(i - 2) instanceof LoadInstruction object
          && object.slot() == 0) {
        return true;
      }
    }
    return false;
  }

  private static boolean isParameter(MethodModel method, int slot) {
    if (method.flags().has(AccessFlag.STATIC)) {
      return false;
    }
    int next = 1;
    for (ClassDesc type : method.methodTypeSymbol().parameterList()) {
      if (next == slot) {
        return true;
      }
      next += type.equals(ConstantDescs.CD_long) || type.equals(ConstantDescs.CD_double) ? 2 : 1;
    }
    return false;
  }

  private boolean isPart(String descriptor) {
    return descriptor.startsWith("Ljava/util/function/")
        || descriptor.equals("Ljava/lang/Runnable;")
        || isPart(models.get(descriptor.replaceFirst("^L(.*);$", "$1")));
  }

  /** Returns true for a class of the project that is neither a record nor an enum. */
  static boolean isPart(@Nullable ClassModel model) {
    return model != null
        && !model.flags().has(AccessFlag.ENUM)
        && model.superclass().stream()
            .noneMatch(each -> each.asInternalName().equals("java/lang/Record"));
  }

  private static String simpleName(ClassModel model) {
    return model.thisClass().asInternalName().replaceFirst(".*/", "");
  }
}
