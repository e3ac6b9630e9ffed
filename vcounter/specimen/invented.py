"""Invented card holders: every region, name and date drawn by chance, none of them a real person.

Sequence numbers are 990 to 999, which no register has reached for a day. The same generator state
gives the same person.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

import numpy as np

from vcounter.specimen.card import Person
from vcounter.specimen.people import portraits

_REGIONS = {
    "110101": ("北京市东城区", "北京市公安局东城分局"),
    "120101": ("天津市和平区", "天津市公安局和平分局"),
    "130102": ("河北省石家庄市长安区", "石家庄市公安局长安分局"),
    "150102": ("内蒙古自治区呼和浩特市新城区", "呼和浩特市公安局新城区分局"),
    "210102": ("辽宁省沈阳市和平区", "沈阳市公安局和平分局"),
    "220102": ("吉林省长春市南关区", "长春市公安局南关区分局"),
    "230102": ("黑龙江省哈尔滨市道里区", "哈尔滨市公安局道里分局"),
    "310104": ("上海市徐汇区", "上海市公安局徐汇分局"),
    "320102": ("江苏省南京市玄武区", "南京市公安局玄武分局"),
    "330102": ("浙江省杭州市上城区", "杭州市公安局上城区分局"),
    "341222": ("安徽省太和县", "太和县公安局"),
    "350102": ("福建省福州市鼓楼区", "福州市公安局鼓楼分局"),
    "360102": ("江西省南昌市东湖区", "南昌市公安局东湖分局"),
    "370102": ("山东省济南市历下区", "济南市公安局历下区分局"),
    "410102": ("河南省郑州市中原区", "郑州市公安局中原分局"),
    "420102": ("湖北省武汉市江岸区", "武汉市公安局江岸区分局"),
    "430102": ("湖南省长沙市芙蓉区", "长沙市公安局芙蓉分局"),
    "440305": ("广东省深圳市南山区", "深圳市公安局南山分局"),
    "450102": ("广西壮族自治区南宁市兴宁区", "南宁市公安局兴宁分局"),
    "460105": ("海南省海口市秀英区", "海口市公安局秀英分局"),
    "500101": ("重庆市万州区", "重庆市公安局万州区分局"),
    "510104": ("四川省成都市锦江区", "成都市公安局锦江区分局"),
    "520102": ("贵州省贵阳市南明区", "贵阳市公安局南明分局"),
    "530102": ("云南省昆明市五华区", "昆明市公安局五华分局"),
    "540102": ("西藏自治区拉萨市城关区", "拉萨市公安局城关分局"),
    "610102": ("陕西省西安市新城区", "西安市公安局新城分局"),
    "620102": ("甘肃省兰州市城关区", "兰州市公安局城关分局"),
    "630102": ("青海省西宁市城东区", "西宁市公安局城东分局"),
    "640104": ("宁夏回族自治区银川市兴庆区", "银川市公安局兴庆区分局"),
    "650102": ("新疆维吾尔自治区乌鲁木齐市天山区", "乌鲁木齐市公安局天山区分局"),
}
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任"
    "姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严覃武戚莫孔"
)
_DOUBLE_SURNAMES = ("欧阳", "司马", "上官", "诸葛", "尉迟", "皇甫")
_GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉玲云建华国志永春梅红宁德福荣贵生金凤珍淑琴玉清祥"
    "长根海山林峰雪松柏茂才有仁义礼智信诚厚培民庆丰年少泉水木火土一乙丁卜于干士大小上下中心日月天"
)
_RARE = (
    "嬿骞昶翀堃喆頔犇淼垚赟曌祎彧翊旻奕琛珺婧瑾璇甯翎燚皛筱芮蔚羿羲翯臻舸茜荦菡萱蓁裔詝誉谌豫贇踔"
    "郗鄯鑫钰铄锟閤陟隽雯霁靓韫颀颢飏骁骥髙麒黛龑"
)
_STREETS = ("人民路", "解放大道", "光明街", "学府路", "文化巷", "东风西路", "建设北路", "滨河南路")
_VILLAGES = ("三元乡赵家庄村", "青山镇白云村", "石桥镇柳林村", "红旗乡前进村", "双河镇大湾村")
_MINORITY_NAMES = (
    ("维吾尔", "阿依古丽·买买提"),
    ("维吾尔", "古丽娜·艾合买提"),
    ("哈萨克", "叶尔江·哈力克"),
    ("藏", "扎西顿珠"),
    ("藏", "卓玛央金"),
    ("蒙古", "乌云其木格"),
    ("柯尔克孜", "买买提吐尔干·阿不都热合曼"),
    ("俄罗斯", "娜塔莎·伊万诺娃"),
)
_OTHERS = """
回 满 苗 彝 壮 布依 朝鲜 侗 瑶 白 土家 哈尼 傣 黎 傈僳 佤 畲 高山 拉祜 水 东乡 纳西 景颇 土
达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 乌孜别克 鄂温克 德昂 保安 裕固 京
塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺
"""
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_LONG_TERM_AGE = 46


def invent(rng: np.random.Generator) -> Person:
    """A holder born 1930-2006 with a card in force; a third belong to a minority."""
    code = str(rng.choice(sorted(_REGIONS)))
    place, authority = _REGIONS[code]
    birth = date(1930, 1, 1) + timedelta(days=int(rng.integers(0, 365 * 76)))
    serial = int(rng.integers(990, 1000))
    body = f"{code}{birth:%Y%m%d}{serial}"
    total = sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True))
    ethnicity, name = _name(rng)
    sex: Literal["female", "male"] = "male" if serial % 2 else "female"
    start = date(int(rng.integers(2008, 2026)), int(rng.integers(1, 13)), int(rng.integers(1, 29)))
    start = max(start, date(birth.year + 17, start.month, start.day))
    face = str(rng.choice(sorted(portraits())))
    return Person(
        name,
        sex,
        ethnicity,
        birth,
        place + _rest_of_address(rng),
        body + "10X98765432"[total % 11],
        portraits()[face].card,
        authority,
        start,
        _end(start, start.year - birth.year),
    )


def _name(rng: np.random.Generator) -> tuple[str, str]:
    if rng.random() < 0.12:
        ethnicity, name = _MINORITY_NAMES[int(rng.integers(len(_MINORITY_NAMES)))]
        return ethnicity, name
    ethnicity = "汉" if rng.random() < 0.70 else str(rng.choice(_OTHERS.split()))
    surname = str(rng.choice(list(_SURNAMES if rng.random() < 0.95 else _DOUBLE_SURNAMES)))
    count = 1 if rng.random() < 0.2 else 2
    pools = [_RARE if rng.random() < 0.15 else _GIVEN for _ in range(count)]
    return ethnicity, surname + "".join(str(rng.choice(list(pool))) for pool in pools)


def _rest_of_address(rng: np.random.Generator) -> str:
    number = int(rng.integers(1, 400))
    kind = rng.random()
    if kind < 0.3:
        return f"{rng.choice(_VILLAGES)}{rng.integers(1, 20)}组{number}号"
    street = f"{rng.choice(_STREETS)}{number}号"
    if kind < 0.6:
        return street
    house, stair = rng.integers(1, 30), rng.integers(1, 6)
    return f"{street}{house}栋{stair}单元{rng.integers(1, 34)}0{rng.integers(1, 9)}室"


def _end(start: date, age: int) -> date | None:
    """As the Identity Card Law, article 5, sets it by age at issue."""
    if age > _LONG_TERM_AGE:
        return None
    years = 20 if age > 25 else 10
    return date(start.year + years, start.month, start.day)
