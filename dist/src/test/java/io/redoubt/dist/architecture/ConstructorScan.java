package io.redoubt.dist.architecture;

import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.Instruction;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.ArrayLoadInstruction;
import java.lang.classfile.instruction.ArrayStoreInstruction;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.ConvertInstruction;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.IncrementInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.classfile.instruction.LineNumber;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.LookupSwitchInstruction;
import java.lang.classfile.instruction.MonitorInstruction;
import java.lang.classfile.instruction.NewMultiArrayInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.classfile.instruction.NewPrimitiveArrayInstruction;
import java.lang.classfile.instruction.NewReferenceArrayInstruction;
import java.lang.classfile.instruction.NopInstruction;
import java.lang.classfile.instruction.OperatorInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.classfile.instruction.StackInstruction;
import java.lang.classfile.instruction.StoreInstruction;
import java.lang.classfile.instruction.SwitchCase;
import java.lang.classfile.instruction.TableSwitchInstruction;
import java.lang.classfile.instruction.ThrowInstruction;
import java.lang.classfile.instruction.TypeCheckInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Runs a constructor symbolically and finds the calls by which the new object registers itself with
 * an object that exists already. It may build parts of its own with itself as their listener.
 */
final class ConstructorScan {
  /** The content of the stack, of a local variable or of a field of the new object. */
  private enum Held {
    /** The new object, or a lambda expression or a nested object that has it. */
    SELF,
    /** An object made by this constructor. */
    OWN,
    OTHER
  }

  private static final String CONSTRUCTOR = "<init>";
  private static final String PROJECT = "io/redoubt/";

  private final String name;
  private final MethodModel constructor;
  private final List<String> registrations = new ArrayList<>();
  private final Map<Integer, Held> locals = new HashMap<>();
  private final Map<String, Held> fields = new HashMap<>();

  /** The stacks at targets of jumps. */
  private final Map<Label, Deque<Held>> saved = new HashMap<>();

  private Deque<Held> stack = new ArrayDeque<>();
  private boolean reachable = true;
  private int line;

  private ConstructorScan(ClassModel model, MethodModel constructor) {
    this.name = model.thisClass().asInternalName();
    this.constructor = constructor;
    locals.put(0, Held.SELF);
  }

  /** Returns the lines of a class with such calls in constructors, with the method called. */
  static List<String> registrations(ClassModel model) {
    List<String> found = new ArrayList<>();
    for (MethodModel method : model.methods()) {
      if (method.methodName().equalsString(CONSTRUCTOR)) {
        found.addAll(new ConstructorScan(model, method).run());
      }
    }
    return found;
  }

  private List<String> run() {
    for (CodeElement element : constructor.code().orElseThrow()) {
      switch (element) {
        case LineNumber number -> line = number.line();
        case LabelTarget target when saved.containsKey(target.label()) -> {
          if (reachable) {
            save(target.label());
          }
          stack = new ArrayDeque<>(saved.get(target.label()));
          reachable = true;
        }
        case Instruction instruction when reachable -> step(instruction);
        default -> {}
      }
    }
    return registrations;
  }

  private void step(Instruction instruction) {
    switch (instruction) {
      case LoadInstruction load -> stack.push(locals.getOrDefault(load.slot(), Held.OTHER));
      case StoreInstruction store -> locals.put(store.slot(), pop());
      case FieldInstruction field -> field(field);
      case InvokeInstruction call -> call(call);
      case InvokeDynamicInstruction call -> {
        boolean captured = popAll(call.typeSymbol()).contains(Held.SELF);
        stack.push(captured ? Held.SELF : Held.OTHER);
      }
      case NewObjectInstruction ignored -> stack.push(Held.OWN);
      case StackInstruction move -> move(move.opcode());
      case BranchInstruction branch -> branch(branch);
      case TableSwitchInstruction choice -> choose(choice.defaultTarget(), choice.cases());
      case LookupSwitchInstruction choice -> choose(choice.defaultTarget(), choice.cases());
      case ReturnInstruction ignored -> reachable = false;
      case ThrowInstruction ignored -> reachable = false;
      case ConstantInstruction ignored -> stack.push(Held.OTHER);
      case OperatorInstruction operator -> replace(operands(operator.opcode()));
      case ArrayLoadInstruction ignored -> replace(2);
      case NewPrimitiveArrayInstruction ignored -> replace(1);
      case NewReferenceArrayInstruction ignored -> replace(1);
      case NewMultiArrayInstruction array -> replace(array.dimensions());
      case TypeCheckInstruction check when check.opcode() == Opcode.INSTANCEOF -> replace(1);
      case ArrayStoreInstruction ignored -> drop(3);
      case MonitorInstruction ignored -> pop();
      case TypeCheckInstruction ignored -> {}
      case ConvertInstruction ignored -> {}
      case IncrementInstruction ignored -> {}
      case NopInstruction ignored -> {}
      default -> throw new IllegalStateException(name + ": " + instruction);
    }
  }

  private void field(FieldInstruction field) {
    switch (field.opcode()) {
      case PUTFIELD -> {
        Held value = pop();
        if (pop() == Held.SELF) {
          fields.put(field.name().stringValue(), value);
        }
      }
      case GETFIELD -> {
        Held owner = pop();
        stack.push(
            owner == Held.SELF
                ? fields.getOrDefault(field.name().stringValue(), Held.OTHER)
                : owner);
      }
      case GETSTATIC -> stack.push(Held.OTHER);
      default -> pop();
    }
  }

  private void call(InvokeInstruction call) {
    List<Held> arguments = popAll(call.typeSymbol());
    boolean hasSelf = arguments.contains(Held.SELF);
    String owner = call.owner().asInternalName();
    Held result = Held.OTHER;
    if (call.opcode() == Opcode.INVOKESTATIC) {
      result = hasSelf ? Held.SELF : Held.OTHER;
    } else {
      Held receiver = pop();
      if (call.name().equalsString(CONSTRUCTOR)) {
        if (receiver == Held.OWN && hasSelf && !isPart(owner)) {
          pop();
          stack.push(Held.SELF);
        }
      } else if (receiver == Held.OTHER && hasSelf && owner.startsWith(PROJECT)) {
        String method = owner.replaceFirst(".*/", "") + "." + call.name().stringValue();
        registrations.add(line + ": " + method);
      } else if (receiver != Held.OTHER) {
        result = Held.OWN;
      }
    }
    if (!call.typeSymbol().returnType().equals(ConstantDescs.CD_void)) {
      stack.push(result);
    }
  }

  /** Returns true for the classes of this project that are not nested in the same class. */
  private boolean isPart(String owner) {
    return owner.startsWith(PROJECT) && !outermost(owner).equals(outermost(name));
  }

  private static String outermost(String internalName) {
    return internalName.replaceFirst("\\$.*", "");
  }

  private void move(Opcode opcode) {
    Held top = pop();
    switch (opcode) {
      case POP, POP2 -> {}
      case DUP -> {
        stack.push(top);
        stack.push(top);
      }
      case DUP_X1 -> {
        Held below = pop();
        stack.push(top);
        stack.push(below);
        stack.push(top);
      }
      case DUP2 -> {
        Held below = pop();
        stack.push(below);
        stack.push(top);
        stack.push(below);
        stack.push(top);
      }
      default -> throw new IllegalStateException(name + ": " + opcode);
    }
  }

  private void branch(BranchInstruction branch) {
    switch (branch.opcode()) {
      case GOTO, GOTO_W -> reachable = false;
      case IFEQ, IFNE, IFLT, IFGE, IFGT, IFLE, IFNULL, IFNONNULL -> pop();
      default -> drop(2);
    }
    save(branch.target());
  }

  /** Adds the current stack to those with which a label is reached. */
  private void save(Label label) {
    saved.merge(label, new ArrayDeque<>(stack), ConstructorScan::either);
  }

  private static Deque<Held> either(Deque<Held> one, Deque<Held> other) {
    Deque<Held> merged = new ArrayDeque<>();
    Iterator<Held> others = other.iterator();
    for (Held held : one) {
      Held second = others.next();
      boolean hasSelf = held == Held.SELF || second == Held.SELF;
      merged.add(hasSelf ? Held.SELF : held == second ? held : Held.OTHER);
    }
    return merged;
  }

  private void choose(Label defaultTarget, List<SwitchCase> cases) {
    pop();
    save(defaultTarget);
    cases.forEach(each -> save(each.target()));
    reachable = false;
  }

  private static int operands(Opcode opcode) {
    return opcode.name().endsWith("NEG") || opcode == Opcode.ARRAYLENGTH ? 1 : 2;
  }

  private void replace(int operands) {
    drop(operands);
    stack.push(Held.OTHER);
  }

  private void drop(int count) {
    for (int i = 0; i < count; i++) {
      pop();
    }
  }

  private Held pop() {
    return stack.pop();
  }

  private List<Held> popAll(MethodTypeDesc type) {
    List<Held> arguments = new ArrayList<>();
    for (ClassDesc ignored : type.parameterList()) {
      arguments.add(pop());
    }
    return arguments;
  }
}
