# How the targets of every folder are declared. RondoHeaders, the precompiled header, is made in dialect/.

# Where headers are: RondoSources, those of this repository, by their path from its root; RondoOverMLIR, with what is
# generated from descriptions, and MLIR's own. The runtime has the first only.
add_library(RondoSources INTERFACE)
target_include_directories(RondoSources INTERFACE ${PROJECT_SOURCE_DIR})
add_library(RondoOverMLIR INTERFACE)
target_include_directories(RondoOverMLIR INTERFACE ${PROJECT_BINARY_DIR})
target_include_directories(RondoOverMLIR SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
target_link_libraries(RondoOverMLIR INTERFACE RondoSources)

# rondo_tablegen(OUTPUT FLAGS...): code from the description in LLVM_TARGET_DEFINITIONS. A macro, since mlir_tablegen
# notes its output in the caller's scope.
macro(rondo_tablegen output)
  mlir_tablegen(${output} ${ARGN} EXTRA_INCLUDES ${PROJECT_SOURCE_DIR} ${MLIR_INCLUDE_DIRS})
endmacro()

# rondo_doc(OUTPUT SOURCE FLAGS...): documentation in build/docs from the descriptions that also make the code.
add_custom_target(rondo-doc ALL)
function(rondo_doc output source)
  set(file ${PROJECT_BINARY_DIR}/docs/${output})
  file(GLOB descriptions CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/dialect/*.td ${PROJECT_SOURCE_DIR}/passes/*.td ${PROJECT_SOURCE_DIR}/passes/*/*.td)
  add_custom_command(OUTPUT ${file}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/docs
    COMMAND ${MLIR_TABLEGEN_EXE} ${ARGN} -I ${PROJECT_SOURCE_DIR} -I ${MLIR_INCLUDE_DIRS}
            ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${file}
    DEPENDS ${descriptions} COMMENT "Writing docs/${output}")
  add_custom_target(rondo-doc-${output} DEPENDS ${file})
  add_dependencies(rondo-doc rondo-doc-${output})
endfunction()

# rondo_library(NAME sources... [DEPENDS ...] [LINK ...]): a static library over MLIR.
function(rondo_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  # What malformed programs do not reach has no source here, and links what the other build made of it.
  if(RONDO_PLAIN_BUILD AND name MATCHES "^Rondo(Codegen|Passes|Reference)$")
    file(RELATIVE_PATH folder ${PROJECT_BINARY_DIR} ${CMAKE_CURRENT_BINARY_DIR})
    add_library(${name}Plain STATIC IMPORTED GLOBAL)
    set_target_properties(${name}Plain PROPERTIES IMPORTED_LOCATION ${RONDO_PLAIN_BUILD}/${folder}/lib${name}.a)
    target_link_libraries(${name}Plain INTERFACE ${ARG_LINK} MLIR LLVM)
    set(ARG_UNPARSED_ARGUMENTS ${PROJECT_SOURCE_DIR}/dialect/Headers.cpp)
    list(PREPEND ARG_LINK ${name}Plain)
  endif()
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE -fno-rtti -fno-exceptions)
  target_precompile_headers(${name} REUSE_FROM RondoHeaders)
  target_link_libraries(${name} PUBLIC ${ARG_LINK} RondoOverMLIR MLIR LLVM)
  add_dependencies(${name} RondoDialectIncGen ${ARG_DEPENDS})
endfunction()

# rondo_executable(NAME sources... [LINK ...]): a program over MLIR. Position-independent as the
# libraries are, so that it can share their precompiled header.
function(rondo_executable name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIC -fno-rtti -fno-exceptions)
  target_precompile_headers(${name} REUSE_FROM RondoHeaders)
  target_link_libraries(${name} PRIVATE ${ARG_LINK} RondoOverMLIR)
endfunction()
