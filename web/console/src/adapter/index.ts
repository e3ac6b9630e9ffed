/** The UI kit, part by part: nothing else in the console imports it. */
import "element-plus/es/components/checkbox/style/css.mjs";
import "element-plus/es/components/dialog/style/css.mjs";
import "element-plus/es/components/drawer/style/css.mjs";
import "element-plus/es/components/popover/style/css.mjs";
import "element-plus/es/components/select/style/css.mjs";
import "./theme.css";

export { ElCheckbox } from "element-plus/es/components/checkbox/index.mjs";
export { ElConfigProvider } from "element-plus/es/components/config-provider/index.mjs";
export { ElDialog } from "element-plus/es/components/dialog/index.mjs";
export { ElDrawer } from "element-plus/es/components/drawer/index.mjs";
export { ElPopover } from "element-plus/es/components/popover/index.mjs";
export { ElOption, ElSelect } from "element-plus/es/components/select/index.mjs";
export { default as kitEn } from "element-plus/es/locale/lang/en.mjs";
export { default as kitZh } from "element-plus/es/locale/lang/zh-cn.mjs";
